import { fileNameSafe } from './file-name.ts';
import type { FilePiece, Format, LabelledItem, LabelSet, LossNote, LossReport } from '@fovea/formats';
import type { FileSpools } from '../../media/archives/file-spool.ts';
import { ZipWriter } from '../../media/archives/zip-writer.ts';
import type { Found } from './items.ts';
import type { StoredRequest } from './store.ts';

export interface ArchiveWork {
  format: Format;
  request: StoredRequest;
  labels: LabelSet;
  /** The items, read once. */
  items: AsyncIterable<Found>;
  spools: FileSpools;
  /** Of the dataset, for formats that write one. */
  name: string;
  openBlob(sha256: string): Promise<AsyncIterable<Uint8Array>>;
  onNote(note: LossNote): void;
}

/** A medium that belongs into the archive. */
interface Medium {
  place: string;
  /** Where the item is downloaded. */
  link: string;
  sha256: string;
  sizeBytes: number;
  split?: string | undefined;
}

/** The archive of an export as a stream, and its loss report once that has ended. */
export function archiveOf(work: ArchiveWork): { bytes: AsyncIterable<Uint8Array>; report(): LossReport } {
  const { format, request, labels, spools } = work;
  const digests = new Map<string, string>();
  const { splitStyle } = request;
  const asLists = splitStyle === 'lists' && !format.ownSplitLists;
  const media = spools.create();
  const options = {
    name: work.name,
    rle: request.rle,
    splitStyle,
    ...(request.shardItems !== undefined && { shardItems: request.shardItems }),
    spool: () => spools.create(),
  };
  const fitting = format.fitting(labels, { ...options, maxNotes: 0 });
  const splits = new Set<string>();

  async function* items(): AsyncGenerator<LabelledItem> {
    for await (const { labelled, sha256, sizeBytes, link } of work.items) {
      const { split, ...rest } = labelled;
      const given = asLists ? rest : labelled;
      const fitted = request.media === 'none' && !asLists ? undefined : fitting.fit(given);
      if (fitted) {
        const place = format.mediaPath(fitted, { splitStyle }) ?? fitted.path;
        await media.append(line({ place, link, sha256, sizeBytes, split }));
        if (split !== undefined) splits.add(split);
      }
      digests.set(labelled.path, sha256);
      yield given;
      digests.delete(labelled.path);
    }
  }

  const writing = format.write(items(), labels, {
    ...options,
    onNote: work.onNote,
    ...(request.media === 'included' && { openMedia: (item: LabelledItem) => opened(work, digests.get(item.path)) }),
  });

  async function* bytes(): AsyncGenerator<Uint8Array> {
    const zip = new ZipWriter(spools.create());
    for await (const file of files(writing.pieces)) yield* zip.entry(file.path, file.content);
    if (asLists) for (const split of [...splits].sort()) yield* zip.entry(`splits/${fileNameSafe(split)}.txt`, splitList(lines(media.read()), split));
    if (request.media === 'linked') yield* zip.entry('media.csv', linkTable(lines(media.read())));
    const isWithin = hasMediaWithin(format) || request.media !== 'included';
    if (!isWithin) for await (const medium of lines(media.read())) yield* zip.entry(medium.place, await work.openBlob(medium.sha256), { store: true });
    yield* zip.end();
  }
  return { bytes: bytes(), report: writing.report };
}

function hasMediaWithin(format: Format): boolean {
  return format.mediaPath({ path: 'a', width: 1, height: 1, annotations: [] }) === undefined;
}

async function* opened(work: ArchiveWork, sha256: string | undefined): AsyncGenerator<Uint8Array> {
  if (sha256 !== undefined) yield* await work.openBlob(sha256);
}

async function* splitList(media: AsyncIterable<Medium>, split: string): AsyncGenerator<Uint8Array> {
  for await (const medium of media) if (medium.split === split) yield Buffer.from(`${medium.place}\n`);
}

async function* linkTable(media: AsyncIterable<Medium>): AsyncGenerator<Uint8Array> {
  yield Buffer.from('path,url,sha256,bytes\n');
  for await (const { place, link, sha256, sizeBytes } of media) yield Buffer.from(`${csvField(place)},${link},${sha256},${sizeBytes}\n`);
}

function csvField(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function line(medium: Medium): Uint8Array {
  return Buffer.from(`${JSON.stringify(medium)}\n`);
}

async function* lines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Medium> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of bytes) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) yield JSON.parse(part) as Medium;
  }
}

/** Pieces put together to files: those of one path follow each other. */
async function* files(pieces: AsyncIterable<FilePiece>): AsyncGenerator<{ path: string; content: AsyncIterable<Uint8Array> }> {
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
