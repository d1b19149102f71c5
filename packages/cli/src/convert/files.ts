import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FilePiece } from '@fovea/formats';
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

/** Writes files into a ZIP archive. Equal files give equal bytes. */
export async function writeArchive(to: string, files: AsyncIterable<OutputFile>): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await withFolder(async (folder) => {
    const spools = new FileSpools(folder);
    const zip = new ZipWriter(spools.create());
    async function* bytes(): AsyncGenerator<Uint8Array> {
      for await (const { path, content, store = false } of files) yield* zip.entry(path, content, { store });
      yield* zip.end();
    }
    try {
      await pipeline(Readable.from(bytes()), createWriteStream(to));
    } finally {
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

/** Packs a folder, as media are compressed already without compressing anything but texts. */
export async function packFolder(folder: string, to: string): Promise<void> {
  const source = await openFolder(folder);
  async function* files(): AsyncGenerator<OutputFile> {
    for await (const { path } of source.list()) {
      const content = source.open(path);
      if (content) yield { path, content, store: !/\.(json|ndjson|jsonl|xml|txt|csv|ya?ml)$/i.test(path) };
    }
  }
  await writeArchive(to, files());
}
