import { FormatError, formatNamed, guessFormats, mergeReports, Ledger, splitLists, watchSource, withSplits, type FileSource, type Format, type LabelledItem, type LabelSet, type LossNote, type LossReport, type WriteOptions } from '@fovea/formats';
import { FileSpools, type OpenedFiles } from '@fovea/server/archives';
import { selectionOf, type LeftOut, type SelectionRequest } from '@fovea/server/selection';
import { CommandFailure, UsageError } from '../failure.ts';
import { filesOf, openInput, writeArchive, writeFolder, withFolder, type OutputFile } from './files.ts';
import { Placing } from './placing.ts';

export interface Conversion {
  input: string;
  output: string;
  from: string | undefined;
  to: string;
  /** Copies media along. */
  media: boolean;
  write: Pick<WriteOptions, 'rle' | 'splitStyle' | 'shardItems'>;
  select: SelectionRequest;
  onProgress(items: number): void;
  onNote(note: LossNote & { step: 'reading' | 'writing' }): void;
}

/** What a conversion did: the account of reading, and that of writing. */
export interface Converted {
  from: string;
  to: string;
  items: number;
  /** What was not asked for. */
  leftOut: LeftOut;
  reading: LossReport;
  writing: LossReport;
}

/** Converts files from one label format to another, without a server. Throws CommandFailure with what is wrong. */
export async function convert(given: Conversion): Promise<Converted> {
  const to = formatNamed(given.to);
  if (!to) throw new CommandFailure(`There is no format "${given.to}".`);
  return withFolder(async (folder) => {
    const source = await openInput(given.input, folder).catch(unreadable);
    const spools = new FileSpools(folder);
    try {
      return await convertFiles(given, { source, spools, from: await formatOf(source, given.from), to });
    } catch (error) {
      return unreadable(error);
    } finally {
      await spools.close();
      await source.close();
    }
  });
}

async function convertFiles(given: Conversion, work: { source: OpenedFiles; spools: FileSpools; from: Format; to: Format }): Promise<Converted> {
  const { source, spools, from, to } = work;
  const selection = selecting(given.select);
  // Read twice: writers number labels in the order of the files, and readers know all of them only at the end.
  const looked = await watchSource(source);
  const labels = await labelsOf(from, looked.source);
  if (!looked.isTouched()) throw new CommandFailure(`Nothing in "${given.input}" can be read as ${from.title}.`);
  const archive = new Ledger(undefined, (note) => given.onNote({ ...note, step: 'reading' }));
  for (const { path, how } of source.notes) archive.noted(path, how);
  const reading = readingOf(from, looked.source, (note) => given.onNote({ ...note, step: 'reading' }));
  const plan = new Placing(to, labels, { media: given.media, splitStyle: given.write.splitStyle, spool: () => spools.create() });
  let items = 0;
  async function* chosen(): AsyncGenerator<LabelledItem> {
    for await (const item of withSplits(reading.items, await splitLists(source))) {
      if (item.file !== undefined) looked.used(item.file);
      const taken = selection.take(item);
      if (!taken) continue;
      given.onProgress((items += 1));
      yield await plan.add(taken);
    }
  }
  const options = {
    ...given.write,
    spool: () => spools.create(),
    onNote: (note: LossNote) => given.onNote({ ...note, step: 'writing' as const }),
    ...(given.media && { openMedia: (item: LabelledItem) => (item.file === undefined ? undefined : source.open(item.file)) }),
  };
  const writing = to.write(chosen(), labels, options);
  async function* files(): AsyncGenerator<OutputFile> {
    yield* filesOf(writing.pieces);
    yield* plan.files(source);
  }
  await (/\.zip$/i.test(given.output) ? writeArchive(given.output, files()) : writeFolder(given.output, files()));
  for (const path of await looked.unread()) archive.noted(path, `file left out: nothing in it was understood as ${from.title}`);
  return { from: from.name, to: to.name, items, leftOut: selection.leftOut(), reading: mergeReports(reading.report(), archive.report()), writing: writing.report() };
}

async function formatOf(source: OpenedFiles, wanted: string | undefined): Promise<Format> {
  const found = wanted === undefined ? (await guessFormats(source))[0]?.format : formatNamed(wanted);
  if (!found) throw new CommandFailure('The files are in no label format that is known here; name it with --from.');
  return found;
}

async function labelsOf(format: Format, source: FileSource): Promise<LabelSet> {
  const reading = readingOf(format, source);
  for await (const _item of reading.items);
  return reading.labels();
}

function readingOf(format: Format, source: FileSource, onNote?: (note: LossNote) => void) {
  const reading = format.read?.(source, { ...(onNote && { onNote }) });
  if (!reading) throw new CommandFailure(`The format "${format.name}" is written only; it cannot be read.`);
  return reading;
}

function selecting(request: SelectionRequest): ReturnType<typeof selectionOf> {
  try {
    return selectionOf(request);
  } catch (error) {
    // A fault of a filter says all there is to say.
    throw error instanceof Error && error.name === 'Fault' ? new UsageError(error.message) : error;
  }
}

function unreadable(error: unknown): never {
  if (error instanceof FormatError) throw new CommandFailure(error.message, { cause: error });
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== undefined && /^E[A-Z]+$/.test(code)) throw new CommandFailure(message, { cause: error });
  throw error;
}
