import { createHash } from 'node:crypto';
import type { DeidentificationReport, DeidentifyOptions } from '@fovea/contract';
import { deidentifyFile, NotMedicalError } from '@fovea/medical/deidentify.ts';
import { DicomError } from '@fovea/medical/dicom/error.ts';
import { NiftiError } from '@fovea/medical/nifti/error.ts';
import type { Database } from '../../engines/database/database.ts';
import { Fault } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import type { ItemsService } from '../items/service.ts';
import { projectKey, selectReport, type KeptReport } from './store.ts';

export type DeidentificationService = ReturnType<typeof deidentificationService>;

/** A file that may be stored, with what was done to it. */
export interface CleanFile {
  bytes: Uint8Array;
  /** Where it goes: made of pseudonyms, unless the path was to be kept. */
  path: string;
  report: KeptReport;
}

/** A file is held in memory while it is cleaned. */
export const maxCleanBytes = 1024 ** 3;

export function tooLargeToClean(): Fault {
  return new Fault('too_large', `A file that is to be de-identified here has at most ${maxCleanBytes.toLocaleString('en')} bytes.`);
}

/** De-identification of what comes in: nothing of the original is stored, not even for a moment. */
export function deidentificationService({ db, items }: { db: Database; items: ItemsService }) {
  async function clean(project: { id: string; orgId: string }, file: { path: string; bytes: Uint8Array }, options: DeidentifyOptions): Promise<CleanFile> {
    const key = await projectKey(db, project);
    const { keepPath = false, pixelRules = [], ...profile } = options;
    try {
      const { bytes, path, report } = await deidentifyFile(file.bytes, { key, options: withoutUndefined(profile), pixelRules: withoutUndefined(pixelRules) });
      return { bytes, path: keepPath ? file.path : path, report: { ...report, options, actions: report.actions.map((action) => ({ ...action })), blackedOut: [...report.blackedOut], warnings: [...report.warnings] } };
    } catch (error) {
      if (!(error instanceof DicomError || error instanceof NiftiError || error instanceof NotMedicalError)) throw error;
      throw new Fault('unsupported_media', `The file cannot be de-identified: ${error.message}. Nothing was stored.`, { cause: error });
    }
  }

  return {
    /** The project's secret, for clients that de-identify before they send. */
    async key(caller: Caller, projectId: string): Promise<{ projectId: string; key: string }> {
      await authorize(db, caller, projectId, { role: 'developer', scope: 'write' });
      return { projectId, key: await projectKey(db, { id: projectId, orgId: caller.orgId }) };
    },

    async report(caller: Caller, itemId: string): Promise<DeidentificationReport> {
      await items.getStored(caller, itemId);
      const report = await selectReport(db, itemId);
      if (!report) throw new Fault('not_found', `The item "${itemId}" was not de-identified here.`);
      return report;
    },

    /** Cleans a file of a dataset that the caller may write to. Throws `unsupported_media` when it cannot be. */
    clean: (caller: Caller, dataset: { projectId: string }, file: { path: string; bytes: Uint8Array }, options: DeidentifyOptions): Promise<CleanFile> =>
      clean({ id: dataset.projectId, orgId: caller.orgId }, file, options),

    /** The same with a stream, which must have the digest that is given. */
    async cleanStream(
      caller: Caller,
      dataset: { projectId: string },
      file: { path: string; source: AsyncIterable<Uint8Array>; sha256?: string | undefined },
      options: DeidentifyOptions,
    ): Promise<CleanFile> {
      const parts: Uint8Array[] = [];
      let size = 0;
      for await (const part of file.source) {
        size += part.length;
        if (size > maxCleanBytes) throw tooLargeToClean();
        parts.push(part);
      }
      const bytes = new Uint8Array(Buffer.concat(parts, size));
      const digest = createHash('sha256').update(bytes).digest('hex');
      if (file.sha256 !== undefined && digest !== file.sha256) throw new Fault('digest_mismatch', `The bytes have the SHA-256 ${digest}, not ${file.sha256}.`);
      return clean({ id: dataset.projectId, orgId: caller.orgId }, { path: file.path, bytes }, options);
    },
  };
}

/** Options that were not given are left out, as the library wants it. */
function withoutUndefined<T>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return JSON.parse(JSON.stringify(value)) as { [K in keyof T]: Exclude<T[K], undefined> };
}
