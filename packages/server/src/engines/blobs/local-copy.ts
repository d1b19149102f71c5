import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BlobError } from './blobs.ts';

/** Bytes from elsewhere as a temporary file, for tools that need one; `release` removes it. */
export async function localCopy(bytes: Readable, name: string): Promise<{ path: string; release(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-blob-'));
  const release = () => rm(folder, { recursive: true, force: true });
  const path = join(folder, name);
  try {
    await pipeline(bytes, createWriteStream(path));
  } catch (error) {
    await release();
    throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? new BlobError('disk_full', 'There is no space left for temporary files.') : error;
  }
  return { path, release };
}
