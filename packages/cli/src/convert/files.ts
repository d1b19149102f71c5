import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { compareText, type FilePiece } from '@fovea/formats';
import { FileSpools, openFiles, openFolder, ZipWriter, type OpenedFiles } from '@fovea/server/archives';

/** A folder, an archive or a single file as files; `folder` is for unpacking. */
export async function openInput(path: string, folder: string): Promise<OpenedFiles> {
  const facts = await stat(path);
  return facts.isDirectory() ? openFolder(path) : openFiles({ path, name: basename(path), bytes: facts.size, folder });
}

/** Runs work with a temporary folder that is gone afterwards. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-convert-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A file to be written. */
export type OutputFile = { path: string; content: AsyncIterable<Uint8Array>; store?: boolean };

/** Pieces put together to files: those of one path follow each other. */
export async function* filesOf(pieces: AsyncIterable<FilePiece>): AsyncGenerator<OutputFile> {
  const iterator = pieces[Symbol.asyncIterator]();
  let next = await iterator.next();
  while (!next.done) {
    const { path } = next.value;
    const content = async function* (): AsyncGenerator<Uint8Array> {
      while (!next.done && next.value.path === path) {
        yield next.value.bytes;
        next = await iterator.next();
      }
    };
    yield { path, content: content() };
  }
}

/** Writes files into a ZIP archive. Equal files give equal bytes. What stood there before is replaced when all is written, and stays when that fails. */
export async function writeArchive(to: string, files: AsyncIterable<OutputFile>): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await withFolder(async (folder) => {
    const spools = new FileSpools(folder);
    const zip = new ZipWriter(spools.create());
    async function* bytes(): AsyncGenerator<Uint8Array> {
      for await (const { path, content, store = false } of files) yield* zip.entry(path, content, { store });
      yield* zip.end();
    }
    const part = `${to}.part-${process.pid}`;
    try {
      await pipeline(Readable.from(bytes()), createWriteStream(part));
      await rename(part, to);
    } finally {
      await rm(part, { force: true });
      await spools.close();
    }
  });
}

/** Writes files into a folder; their paths were checked not to leave it. */
export async function writeFolder(to: string, files: AsyncIterable<OutputFile>): Promise<void> {
  await mkdir(to, { recursive: true });
  for await (const { path, content } of files) {
    const file = join(to, ...path.split('/'));
    await mkdir(dirname(file), { recursive: true });
    await pipeline(Readable.from(content), createWriteStream(file));
  }
}

/** Unpacks an archive into a folder; gives the number of files. */
export async function unpackInto(archive: string, to: string): Promise<number> {
  return withFolder(async (folder) => {
    const source = await openInput(archive, folder);
    let count = 0;
    async function* files(): AsyncGenerator<OutputFile> {
      for await (const { path } of source.list()) {
        const content = source.open(path);
        if (!content) continue;
        count += 1;
        yield { path, content };
      }
    }
    try {
      await writeFolder(to, files());
    } finally {
      await source.close();
    }
    return count;
  });
}

/**
 * Packs a folder, as media are compressed already without compressing anything but texts. Gives the SHA-256 of what it holds and where,
 * and what was left out; equal folders give equal archives.
 */
export async function packFolder(folder: string, to: string, onProgress: (state: { done: number; total: number }) => void = () => undefined): Promise<{ digest: string; notes: OpenedFiles['notes'] }> {
  const source = await openFolder(folder);
  const digest = createHash('sha256');
  const paths: string[] = [];
  for await (const { path } of source.list()) paths.push(path);
  async function* digested(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      digest.update(chunk);
      yield chunk;
    }
  }
  async function* files(): AsyncGenerator<OutputFile> {
    for (const [done, path] of paths.sort(compareText).entries()) {
      const content = source.open(path);
      digest.update(`\0${path}\0`);
      if (content) yield { path, content: digested(content), store: !/\.(json|ndjson|jsonl|xml|txt|csv|ya?ml)$/i.test(path) };
      onProgress({ done: done + 1, total: paths.length });
    }
  }
  await writeArchive(to, files());
  return { digest: digest.digest('hex'), notes: source.notes };
}
