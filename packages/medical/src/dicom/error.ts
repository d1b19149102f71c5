/** A DICOM file cannot be read, shown or written as asked. The message names the file's fault. */
export class DicomError extends Error {
  override readonly name = 'DicomError';
}

/** Runs `work`; whatever fails in it that is not already a DicomError becomes one, with `context` in front. */
export function asDicomError<T>(context: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof DicomError) throw error;
    throw new DicomError(`${context}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
