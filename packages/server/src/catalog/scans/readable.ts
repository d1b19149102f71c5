import { DicomError } from '@fovea/medical/dicom/error.ts';
import { NiftiError } from '@fovea/medical/nifti/error.ts';
import { Fault } from '../../fault.ts';

/** Runs a reader: what it says of a file that it cannot read becomes `unsupported_media`; that there is no such frame or slice, `not_found`. */
export async function readable<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DicomError || error instanceof NiftiError)) throw error;
    const isMissing = /^there is no (frame|slice|point in time)/.test(error.message);
    throw new Fault(isMissing ? 'not_found' : 'unsupported_media', `${error.message[0]?.toUpperCase() ?? ''}${error.message.slice(1)}.`, { cause: error });
  }
}
