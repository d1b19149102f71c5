import { readdir, realpath, stat } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import { SourceError } from '../errors.ts';
import type { FolderOptions, UploadFile } from '../transfer/source.ts';

/** So many files are asked for their size at once. */
const statsAtOnce = 64;

/**
 * The files of a folder and of those below it, sorted by name, with their paths from it. Links are followed, but not in circles; sockets,
 * pipes and devices are no files. A broken link is given too: reading it fails with its name.
 */
export async function* filesIn(folder: string, options: FolderOptions = {}): AsyncGenerator<UploadFile> {
  yield* visit({ folder, path: '', above: [await realpath(folder).catch(unreadable(folder))] }, options);
}

interface Place {
  folder: string;
  path: string;
  /** Real paths of the folders that lead here. */
  above: readonly string[];
}

async function* visit(place: Place, options: FolderOptions): AsyncGenerator<UploadFile> {
  const all = await readdir(place.folder, { withFileTypes: true }).catch(unreadable(place.folder));
  const entries = all.filter((entry) => options.hidden === true || !entry.name.startsWith('.')).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (let start = 0; start < entries.length; start += statsAtOnce) {
    const group = entries.slice(start, start + statsAtOnce);
    const facts = await Promise.all(group.map((entry) => look(place.folder, entry)));
    for (const [index, { name }] of group.entries()) {
      const inside = join(place.folder, name);
      const path = `${place.path}/${name}`;
      const found = facts[index];
      if (found === 'folder') {
        const real = await realpath(inside).catch(unreadable(inside));
        if (!place.above.includes(real)) yield* visit({ folder: inside, path, above: [...place.above, real] }, options);
      } else if (found === 'broken') yield { path, file: inside };
      else if (found !== undefined) yield { path, file: inside, sizeBytes: found };
    }
  }
}

/** The size of a file, or what else it is; undefined for what is neither file nor folder. */
async function look(folder: string, entry: Dirent): Promise<number | 'folder' | 'broken' | undefined> {
  if (entry.isDirectory()) return 'folder';
  if (!entry.isFile() && !entry.isSymbolicLink()) return undefined;
  try {
    const facts = await stat(join(folder, entry.name));
    return facts.isDirectory() ? 'folder' : facts.isFile() ? facts.size : undefined;
  } catch {
    return 'broken';
  }
}

function unreadable(folder: string) {
  return (cause: unknown): never => {
    throw new SourceError(`The folder "${folder}" cannot be read: ${(cause as Error).message}`, { cause });
  };
}
