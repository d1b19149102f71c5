import { platform } from '#platform';
import type { FolderOptions, UploadFile } from './source.ts';

/**
 * The files of a folder on this machine and of those below it, with their paths from it: what `items.uploadMany` takes when it is given a
 * folder. In Node.
 */
export function filesIn(folder: string, options: FolderOptions = {}): AsyncIterable<UploadFile> {
  return platform.filesIn(folder, options);
}
