import type { Readable } from 'node:stream';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { OutputFile } from '@fovea/analytics/analytic.ts';
import type { RunReport } from '@fovea/contract';
import { recordBlobs } from '../../catalog/blobs/store.ts';
import { blobFault } from '../../catalog/items/service.ts';
import { selectItem } from '../../catalog/items/store.ts';
import type { BlobStore, ByteRange } from '../../engines/blobs/blobs.ts';
import type { Database } from '../../engines/database/database.ts';
import type { Queue } from '../../engines/queue/queue.ts';
import { Fault, notFound } from '../../fault.ts';
import type { AnalyticsService } from '../analytics/service.ts';
import { wake } from '../jobs/background.ts';
import { appendLog, reportProgress, selectJob, type StoredJob } from '../jobs/store.ts';
import { typeOf } from '../runners/collect.ts';
import type { RunAddresses } from '../runners/http.ts';
import { insertReport, selectReport, selectUploads, upsertUpload, type Run } from './store.ts';

export type RunsService = ReturnType<typeof runsService>;

type Method = 'GET' | 'PUT' | 'POST';

/** Signs addresses that need no key. */
export interface Signer {
  /** The query that opens a path until a time (milliseconds since 1970). */
  sign(request: { method: Method; path: string; expiresMs: number }): string;
  isSigned(request: { method: string; path: string; query: unknown }): boolean;
}

interface Deps {
  signer: Signer;
  db: Database;
  blobs: BlobStore;
  queue: Queue;
  analytics: AnalyticsService;
  settings: { publicUrl: () => string; maxUploadBytes: number };
}

const pathOf = ({ id, ticket }: Run, rest: string): string => `/v1/runs/${id}/${ticket}/${rest}`;
const parameterPrefix = 'parameter:';

/** Runs that happen elsewhere: the signed addresses in their tasks, and what is sent to these. */
export function runsService({ db, blobs, queue, analytics, settings, signer }: Deps) {
  /** The job of a run that is still wanted; `gone` tells the other side to stop. */
  async function running({ id, ticket }: Run): Promise<StoredJob> {
    const job = await selectJob(db, id);
    if (!job) throw notFound('job', id);
    if (job.ticket !== ticket || job.status !== 'running') throw new Fault('gone', `The job is ${job.status}; nothing more is taken for it.`);
    return job;
  }

  return {
    /** Throws `forbidden` unless the address was signed for this method and place and is still open. */
    needSigned(method: Method, run: Run, rest: string, query: unknown): void {
      if (!signer.isSigned({ method, path: pathOf(run, rest), query })) throw new Fault('forbidden', 'This address was changed or has expired.');
    },

    addresses(run: Run, lifeSeconds: number): RunAddresses {
      const expiresMs = Date.now() + lifeSeconds * 1_000;
      const address = (method: Method, rest: string, shown = rest): string =>
        `${settings.publicUrl()}${pathOf(run, shown)}?${signer.sign({ method, path: pathOf(run, rest), expiresMs })}`;
      return {
        input: (name, index) => address('GET', `inputs/${name}/${index}`, `inputs/${encodeURIComponent(name)}/${index}`),
        output: (name) => address('PUT', `outputs/${name}`),
        report: address('POST', 'report'),
        expiresAt: new Date(expiresMs).toISOString(),
      };
    },

    /** An input of a running job, or the file of one of its parameters. */
    async openInput(run: Run, name: string, index: number) {
      const job = await running(run);
      const id = name.startsWith(parameterPrefix) ? job.parameters[name.slice(parameterPrefix.length)] : job.inputs[name]?.[index];
      const item = typeof id === 'string' ? await selectItem(db, id) : undefined;
      if (!item) throw notFound('input', `${name}/${index}`);
      return { item, read: (range?: ByteRange): Promise<Readable> => blobs.get(item.sha256, range) };
    },

    async upload(run: Run, given: { output: string; name: string | undefined; mediaType: string | undefined }, body: () => AsyncIterable<Uint8Array>): Promise<void> {
      const job = await running(run);
      const output = (await analytics.manifestOf(job.analyticId)).outputs.find((one) => one.name === given.output);
      if (!output) throw notFound('output', given.output);
      const blob = await blobs.put(body(), { maxBytes: settings.maxUploadBytes }).catch(blobFault);
      await db.tx(async (tx) => {
        await recordBlobs(tx, [blob]);
        const name = given.name ?? output.filename ?? output.name;
        const known = typeOf(output, name);
        await upsertUpload(tx, run, { output: output.name, name, mediaType: known === 'application/octet-stream' ? (given.mediaType ?? known) : known, sha256: blob.sha256, sizeBytes: blob.size });
      });
    },

    /** Progress and log lines at once; what ends the run is kept, and a worker is told. */
    async report(run: Run, report: RunReport): Promise<void> {
      const job = await running(run);
      if (report.status !== 'running') {
        await db.tx(async (tx) => {
          await insertReport(tx, run, report);
          // Before jobs that have not begun: it only has to be put away.
          await wake(tx, queue, job, { priority: 1 });
        });
        return;
      }
      await appendLog(db, run.id, report.log);
      await reportProgress(db, run, report.progress, report.message);
    },

    /** Keeps bytes that a run has sent, for a door whose protocol has addresses of its own. What begins with "$" is no output. */
    async keep(run: Run, given: { output: string; name: string; mediaType: string }, blob: { sha256: string; size: number }): Promise<void> {
      await db.tx(async (tx) => {
        await recordBlobs(tx, [blob]);
        await upsertUpload(tx, run, { ...given, sha256: blob.sha256, sizeBytes: blob.size });
      });
    },

    /** What was kept so under a name, read whole; undefined where there is nothing. */
    async kept(run: Run, output: string): Promise<Buffer | undefined> {
      const found = (await selectUploads(db, run)).find((upload) => upload.output === output);
      if (!found) return undefined;
      const parts: Buffer[] = [];
      for await (const part of await blobs.get(found.sha256)) parts.push(part as Buffer);
      return Buffer.concat(parts);
    },

    /** The report that ends a run, for protocols that say it in other words; the first one stays. */
    keepReport: (run: Run, report: RunReport): Promise<void> => insertReport(db, run, report),

    takeReport: (run: Run): Promise<RunReport | undefined> => selectReport(db, run),

    async takeUploads(run: Run, folder: string): Promise<OutputFile[]> {
      const files: OutputFile[] = [];
      for (const [index, upload] of (await selectUploads(db, run)).filter(({ output }) => !output.startsWith('$')).entries()) {
        const path = join(folder, 'uploads', String(index));
        await mkdir(join(folder, 'uploads'), { recursive: true, mode: 0o700 });
        await pipeline(await blobs.get(upload.sha256), createWriteStream(path));
        files.push({ output: upload.output, path, name: upload.name, mediaType: upload.mediaType });
      }
      return files;
    },
  };
}
