import { deidentification } from '@fovea/contract';
import { Feature } from '../feature.ts';

/** De-identification of DICOM and NIfTI files; `items.upload` and `items.uploadMany` take `deidentify`. */
export class Deidentification extends Feature {
  /** The secret by which a project maps identities. */
  readonly key = this.method(deidentification.key, 'project');
  /** What was done to an item when it was de-identified at upload. NotFoundError when it was not. */
  readonly report = this.method(deidentification.report, 'item');
}
