import { describeDicomBytes } from './dicom/describe.ts';
import { NiftiError } from './nifti/error.ts';
import { isNifti, parseNiftiFront } from './nifti/parse.ts';
import { describeHeader } from './nifti/read.ts';

/** The facts of the header of a DICOM or NIfTI file in memory, with `problem` in words when it cannot be read. */
export function describeScan(bytes: Uint8Array): Record<string, unknown> {
  const { summary, ...facts } = isNifti(bytes) ? niftiFacts(bytes) : describeDicomBytes(bytes);
  return { ...facts, ...summary };
}

function niftiFacts(bytes: Uint8Array): ReturnType<typeof describeHeader> {
  try {
    return describeHeader(parseNiftiFront(bytes.subarray(0, 65_536)));
  } catch (error) {
    if (error instanceof NiftiError) return { summary: {}, problem: error.message };
    throw error;
  }
}
