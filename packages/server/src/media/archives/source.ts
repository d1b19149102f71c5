import type { FileSource } from '@fovea/formats';
import { safePath } from '@fovea/formats';
import { ArchiveError } from './bounds.ts';

/** Files that can be opened by path, in any order and as often as wished, until it is closed. */
export type OpenedFiles = FileSource & {
  /** What was left out of the files, and why. */
  notes: readonly { path: string; how: string }[];
  close(): Promise<void>;
};

/** What operating systems put into archives beside people's files. */
const clutter = /(^|\/)(__MACOSX\/|\.DS_Store$|Thumbs\.db$|desktop\.ini$)/;

/** True for what an operating system put there. */
export function isClutter(path: string): boolean {
  return clutter.test(path);
}

/**
 * The path of a file of an archive, within its folder. @throws {ArchiveError} when it leads out of it: such an archive was not made by
 * accident, so that nothing of it is read.
 */
export function archivePath(name: string): string {
  const path = safePath(name);
  if (path === undefined) throw new ArchiveError(`The archive has a file named ${JSON.stringify(name.slice(0, 200))}, which would leave its folder.`);
  return path;
}
