/** A NIfTI file cannot be read, shown or written as asked. The message names the file's fault. */
export class NiftiError extends Error {
  override readonly name = 'NiftiError';
}
