import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isClutter, type OpenedFiles } from './source.ts';
import { onDisk } from './unpack.ts';

/** The files below a folder; links are not followed. */
export async function openFolder(folder: string): Promise<OpenedFiles> {
  const files = new Map<string, { file: string; bytes: number }>();
  const notes: { path: string; how: string }[] = [];
  const walk = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.name.startsWith('.') || isClutter(path)) continue;
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile()) files.set(path, { file: join(folder, path), bytes: (await stat(join(folder, path))).size });
      else notes.push({ path, how: 'left out: it is neither a file nor a folder' });
    }
  };
  await walk('');
  return onDisk(files, notes);
}
