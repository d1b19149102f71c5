import type { DownloadLink } from '@fovea/contract';
import type { BlobStore } from '../../engines/blobs/blobs.ts';
import { BlobError } from '../../engines/blobs/blobs.ts';
import type { Database } from '../../engines/database/database.ts';
import { Fault, notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { Signer } from '../runs/service.ts';
import type { JobsService } from './service.ts';
import { selectJob } from './store.ts';

export type JobLinks = ReturnType<typeof jobLinks>;

const contentPath = (job: string, index: number): string => `/v1/jobs/${job}/outputs/${index}/content`;

/** Addresses that open an output without a key: of the store itself where clients reach it, else of the platform. */
export function jobLinks({ db, blobs, jobs, signer, publicUrl }: { db: Database; blobs: BlobStore; jobs: JobsService; signer: Signer; publicUrl: () => string }) {
  return {
    /** Throws `illegal_state` before the job is complete and `gone` when its outputs have expired. */
    async link(caller: Caller, id: string, index: number, { expiresSeconds, via }: { expiresSeconds: number; via: 'store' | 'platform' }): Promise<DownloadLink> {
      const { output } = await jobs.openOutput(caller, id, index);
      const expiresMs = Date.now() + expiresSeconds * 1_000;
      const expiresAt = new Date(expiresMs).toISOString();
      const direct = via === 'store' ? await blobs.direct?.presignGet(output.sha256, { expiresSeconds, filename: output.name, mediaType: output.mediaType }).catch(unlessElsewhere) : undefined;
      if (direct !== undefined) return { url: direct, expiresAt, direct: true };
      const path = contentPath(id, index);
      return { url: `${publicUrl()}${path}?${signer.sign({ method: 'GET', path, expiresMs })}`, expiresAt, direct: false };
    },

    /** The output of a signed address. Throws `forbidden` unless it was signed for this place and is still open. */
    async open(request: { method: string; query: unknown }, id: string, index: number) {
      if (!signer.isSigned({ ...request, path: contentPath(id, index) })) throw new Fault('forbidden', 'The URL is not signed, or has expired; ask for a new one.');
      const job = await selectJob(db, id);
      if (!job) throw notFound('job', id);
      return jobs.openOutputOf(job, index);
    },
  };
}

/** Some bytes stay in buckets of others, and are read through the platform. */
function unlessElsewhere(error: unknown): undefined {
  if (error instanceof BlobError && error.code === 'not_found') return undefined;
  throw error;
}
