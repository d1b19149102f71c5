import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary folder of a test, with a way to put files there. */
export interface Scratch {
  dir: string;
  /** Writes a file and returns its path. */
  file(name: string, bytes: Uint8Array | string): Promise<string>;
  /** A new empty folder's path. */
  folder(): Promise<string>;
  remove(): Promise<void>;
}

export async function makeScratch(): Promise<Scratch> {
  const dir = await mkdtemp(join(tmpdir(), 'fovea-analytics-'));
  return {
    dir,
    async file(name, bytes) {
      const path = join(dir, name);
      await writeFile(path, bytes);
      return path;
    },
    folder: () => mkdtemp(join(dir, 'out-')),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}
