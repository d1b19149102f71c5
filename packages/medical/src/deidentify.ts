import { createHash } from 'node:crypto';
import { deidentifyWithPixels } from './dicom/deidentify.ts';
import type { Deidentification, DeidentifyReport } from './dicom/deidentify.ts';
import { DicomError } from './dicom/error.ts';
import { keyedMapping } from './dicom/keyed-mapping.ts';
import { looksLikeDicom, parseDicom } from './dicom/parse.ts';
import { deidentifyNifti } from './nifti/deidentify.ts';
import { isGzip } from './nifti/inflate.ts';
import { isNifti } from './nifti/parse.ts';

export type { Deidentification };

/** A file without what tells who it is of. */
export interface DeidentifiedFile {
  readonly bytes: Uint8Array;
  /** Folder and name that say nothing about the patient: `/PSEUDONYM/CT-2.25.….dcm`. */
  readonly path: string;
  readonly report: FileReport;
}

export interface FileReport {
  readonly format: 'dicom' | 'nifti';
  readonly actions: readonly { readonly path: string; readonly keyword?: string; readonly action: string; readonly reason?: string }[];
  readonly blackedOut: DeidentifyReport['blackedOut'];
  /** What a person should look at. */
  readonly warnings: readonly string[];
  /** The pseudonym. */
  readonly patientId: string | null;
  readonly sopInstanceUid: string | null;
}

/** The file is neither DICOM nor NIfTI: nothing is known of where identities stand in it. */
export class NotMedicalError extends Error {
  override name = 'NotMedicalError';
}

/**
 * De-identifies a DICOM file by PS3.15 annex E or a NIfTI file, told apart by their content.
 * @throws NotMedicalError for any other file; DicomError, NiftiError for one that cannot be read
 */
export async function deidentifyFile(bytes: Uint8Array, settings: Deidentification): Promise<DeidentifiedFile> {
  if (isNifti(bytes)) return nifti(bytes, settings);
  if (!isDicom(bytes)) throw new NotMedicalError('neither DICOM nor NIfTI: it is not known where identities stand in it');
  const { bytes: out, report } = await deidentifyWithPixels(bytes, settings);
  const { actions, blackedOut, warnings, patientId, sopInstanceUid, fileName } = report;
  return {
    bytes: out,
    path: `/${patientId ?? 'patient'}/${fileName}`,
    report: { format: 'dicom', actions, blackedOut, warnings, patientId: patientId ?? null, sopInstanceUid: sopInstanceUid ?? null },
  };
}

/** True for whatever can be read as DICOM, stray bytes before it or not. */
function isDicom(bytes: Uint8Array): boolean {
  if (looksLikeDicom(bytes)) return true;
  try {
    return parseDicom(bytes, { stopAtPixelData: true }).dataSet.elements.length > 3;
  } catch (error) {
    if (error instanceof DicomError) return false;
    throw error;
  }
}

function nifti(bytes: Uint8Array, settings: Deidentification): DeidentifiedFile {
  const { bytes: out, actions } = deidentifyNifti(bytes);
  const name = keyedMapping(settings.key).pseudonym('file', createHash('sha256').update(bytes).digest('hex'));
  return {
    bytes: out,
    path: `/volumes/NIFTI-${name}.nii${isGzip(bytes) ? '.gz' : ''}`,
    report: { format: 'nifti', actions, blackedOut: [], warnings: ['a face could be rebuilt from a volume of a head'], patientId: null, sopInstanceUid: null },
  };
}
