/** Thrown with one sentence that says why the embedded database cannot start and what to do. */
export class DatabaseStartError extends Error {
  override name = 'DatabaseStartError';
}

export function diskFull(folder: string): DatabaseStartError {
  return new DatabaseStartError(`There is no space left on the disk of ${folder}; free some 200 MB and start again.`);
}

/** An error of the file system, in one sentence where it is a known one. */
export function startFault(error: unknown, folder: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(folder);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new DatabaseStartError(
      `The folder ${folder} cannot be written to (${code}); choose another with --data or FOVEA_DATA.`,
    );
  }
  return error;
}
