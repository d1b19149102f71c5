import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { SourceError } from '../errors.ts';
import { saveFile } from './node-save.ts';
import type { OpenSource } from '../transfer/source.ts';
import { filesIn } from './node-folder.ts';
import type { Platform } from './platform.ts';

/** Bytes per read; measured on loopback: 1 MiB sends 1.8 GB/s, 64 kB a third of it. */
const chunkBytes = 1024 * 1024;

/** Node, Deno and Bun: paths work, and fetch sends streams. */
export const platform: Platform = {
  openPath,
  filesIn,
  save: saveFile,
  async isFolder(path) {
    return (await stat(path).catch(unreadable(path))).isDirectory();
  },
  async body(source, onSent) {
    let failure: unknown;
    const content = stream(source, onSent, (error) => (failure = error));
    return {
      content: content as BodyInit,
      failure: () => failure,
      headers: source.sizeBytes === undefined ? undefined : { 'content-length': String(source.sizeBytes) },
    };
  },
};

async function openPath(path: string): Promise<OpenSource> {
  const facts = await stat(path).catch(unreadable(path));
  if (!facts.isFile()) throw new SourceError(`"${path}" is not a file.`);
  return { sizeBytes: facts.size, replayable: true, name: basename(path), whole: undefined, read: () => readPath(path, facts.size) };
}

/** Exactly the bytes that the file had when it was opened. */
async function* readPath(path: string, sizeBytes: number): AsyncGenerator<Uint8Array> {
  const handle = await open(path).catch(unreadable(path));
  try {
    let position = 0;
    while (position < sizeBytes) {
      const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, sizeBytes - position));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position).catch(unreadable(path));
      if (bytesRead === 0) throw new SourceError(`"${path}" became shorter while it was read.`);
      position += bytesRead;
      yield bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

function stream(source: OpenSource, onSent: (bytes: number) => void, onFailure: (error: unknown) => void): ReadableStream<Uint8Array> {
  const iterator = source.read()[Symbol.asyncIterator]();
  let sent = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await iterator.next();
          if (done) return controller.close();
          sent += value.byteLength;
          onSent(sent);
          controller.enqueue(value);
        } catch (error) {
          onFailure(error instanceof SourceError ? error : new SourceError(`What was to be uploaded could not be read: ${(error as Error).message}`, { cause: error }));
          controller.error(error);
        }
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 2 },
  );
}

function unreadable(path: string) {
  return (cause: unknown): never => {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = { ENOENT: 'does not exist', EACCES: 'may not be read by this user', EPERM: 'may not be read by this user', EISDIR: 'is a folder' }[code ?? ''];
    throw new SourceError(reason ? `"${path}" ${reason}.` : `"${path}" cannot be read: ${message}`, { cause });
  };
}
