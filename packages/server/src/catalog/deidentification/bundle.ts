import type { DeidentifyOptions } from '@fovea/contract';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { BundleFile } from '../items/service.ts';
import type { DeidentificationService } from './service.ts';

/** De-identifies the files of a bundle; what cannot be is not stored, and says why. */
export async function cleanBundle(
  service: DeidentificationService,
  caller: Caller,
  dataset: { projectId: string },
  files: readonly BundleFile[],
  options: DeidentifyOptions,
): Promise<BundleFile[]> {
  const cleaned: BundleFile[] = [];
  for (const { path, bytes } of files) {
    try {
      const clean = await service.clean(caller, dataset, { path, bytes: new Uint8Array(bytes) }, options);
      cleaned.push({ path: clean.path, bytes: clean.bytes, deidentification: clean.report });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      cleaned.push({ path, bytes: new Uint8Array(), problem: error.message });
    }
  }
  return cleaned;
}
