import type { AnnotationContent, AnnotationGeometry } from '@fovea/contract';
import { geometryFault, keyframesFault } from '@fovea/geometry';
import { FormatError, type KnownMedia, type LabelledItem, type Reading, type ReadOptions } from './dataset.ts';
import { type FileSource, readHead } from './files.ts';
import { imageSize } from './image-size.ts';
import { LabelIndex } from './labels.ts';
import { PathIndex } from './path-index.ts';
import { isMediaPath, safePath } from './paths.ts';
import { annotationName, Ledger } from './report.ts';
import { normalTime } from './tracks.ts';
import { asObject, type Json } from './values.ts';

/** What a reader found of an annotation; the rest has defaults. */
export type Candidate = Pick<AnnotationContent, 'label' | 'geometry'> &
  Partial<AnnotationContent> & { id?: string | undefined };

/** What a reader works with: its source, the labels it finds, and the account of what it does not understand. */
export class ReadContext {
  readonly ledger: Ledger;
  readonly labels = new LabelIndex();
  /** The labels of the dataset, for files that only number them. */
  readonly givenLabels: LabelIndex;
  readonly #mediaOf: ReadOptions['mediaOf'];
  readonly source: FileSource;
  #expected: number | undefined;
  readonly #seen = new Set<string>();
  #media: PathIndex | undefined;
  #isMedia = isMediaPath;

  constructor(source: FileSource, options: ReadOptions) {
    this.source = source;
    this.ledger = new Ledger(options.maxNotes, options.onNote);
    this.givenLabels = new LabelIndex(options.labels);
    this.#mediaOf = options.mediaOf;
  }

  /**
   * An item to add annotations to; undefined (and noted) when its path leaves the dataset or was there before. Sizes
   * that are not given are looked up.
   */
  async item(
    path: unknown,
    facts: Partial<Omit<LabelledItem, 'path' | 'annotations'>> = {},
  ): Promise<LabelledItem | undefined> {
    const safe = typeof path === 'string' ? safePath(path) : undefined;
    const shown = typeof path === 'string' ? path.slice(0, 200) : `a path of type ${typeof path}`;
    if (safe === undefined) return this.#refuse(shown, 'item left out: its path is missing or leaves the dataset');
    if (this.#seen.has(safe)) return this.#refuse(safe, 'item left out: its path was there before');
    this.#seen.add(safe);
    const file = facts.file ?? (await this.findMedia(safe));
    const given = facts.width && facts.height ? { width: facts.width, height: facts.height } : undefined;
    if (given && !isPictureSize(given))
      this.ledger.noted(safe, `size ignored: no picture has ${given.width} × ${given.height} pixels`);
    const size = given && isPictureSize(given) ? given : await this.mediaFacts(safe, file);
    if ((facts.frames ?? 0) > maxFrames) {
      this.ledger.noted(safe, `number of frames ignored: no film has ${facts.frames}`);
      facts = { ...facts, frames: undefined };
    }
    const known = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
    return { ...known, width: 0, height: 0, ...size, path: safe, ...(file !== undefined && { file }), annotations: [] };
  }

  /** Tells how many more items are to come, where that is known before they are read. */
  expect(count: number): void {
    this.#expected = (this.#expected ?? 0) + count;
  }

  /** How many items there are by what is known so far. */
  get expected(): number | undefined {
    return this.#expected;
  }

  #refuse(path: string, how: string): undefined {
    this.ledger.noted(path, how);
  }

  /** Adds an annotation to an item, or says why not. `ways`: in which ways it is not quite what the file says. */
  accept(item: LabelledItem, candidate: Candidate, ways: readonly string[] = []): void {
    const complete = {
      attributes: {},
      frame: null,
      endFrame: null,
      confidence: null,
      source: 'import' as const,
      ...candidate,
      type: candidate.geometry.type,
    };
    const annotation = normalTime(complete);
    const name = annotationName(complete, item.annotations.length);
    if (annotation === undefined) return this.ledger.dropped(item.path, name, 'it is visible in no frame');
    const fault =
      labelFault(annotation.label) ?? shapeFault(annotation.geometry, item) ?? trackFault(annotation.keyframes, item);
    if (fault !== undefined) return this.ledger.dropped(item.path, name, fault);
    this.labels.numberOf(annotation.label);
    item.annotations.push(annotation);
    const isBroken = annotation.label.includes('\ufffd');
    this.ledger.passed(item.path, name, isBroken ? [...ways, 'its label has characters that are no UTF-8'] : ways);
  }

  /** Records an annotation that the reader cannot bring in. */
  drop(item: LabelledItem | string, what: string, why: string): void {
    this.ledger.dropped(typeof item === 'string' ? item : item.path, what, why);
  }

  /** The objects of a list of annotations; whatever else is in it, or stands in its place, is dropped. */
  objectsIn(item: LabelledItem | string, list: unknown, what: string): Json[] {
    if (list === undefined || list === null) return [];
    if (!Array.isArray(list)) {
      this.drop(item, what, 'it stands where a list is due');
      return [];
    }
    return list.flatMap((entry: unknown, number) => {
      const object = asObject(entry);
      if (object === undefined) this.drop(item, `${what} ${number}`, 'it is no object');
      return object ? [object] : [];
    });
  }

  /** An entry of a file's list of items as an object; undefined (and noted) when it is none. */
  objectAt(path: string, number: number, entry: unknown): Json | undefined {
    const object = asObject(entry);
    if (object === undefined) this.ledger.noted(path, `entry ${number + 1} left out: it is no object`);
    return object;
  }

  /**
   * The items of several files, one file after the other. One that is broken is named, and costs nothing but itself.
   * @throws {FormatError} of the first broken one, when no item is found at all.
   */
  async *eachFile(
    paths: readonly string[],
    read: (path: string) => AsyncIterable<LabelledItem>,
  ): AsyncIterable<LabelledItem> {
    let [items, broken] = [0, undefined as FormatError | undefined];
    for (const path of paths) {
      const before = items;
      try {
        for await (const item of read(path)) {
          items += 1;
          yield item;
        }
      } catch (error) {
        if (!(error instanceof FormatError) || paths.length === 1) throw error;
        broken ??= error;
        const what = items === before ? 'file left out' : `read up to item ${items - before}, the rest left out`;
        const why = error.message.startsWith(`${path} `) ? `it ${error.message.slice(path.length + 1)}` : error.message;
        this.ledger.noted(path, `${what}: ${why}`);
      }
    }
    if (items === 0 && broken !== undefined) throw broken;
  }

  /** What is made of bytes within a file; a text that says why not, when they are broken. */
  attempt<T>(what: string, read: () => T): T | string {
    try {
      return read();
    } catch (error) {
      if (error instanceof FormatError) return `${what} cannot be read: ${error.message}`;
      throw error;
    }
  }

  /** Counts a finished item and gives it on. */
  done(item: LabelledItem): LabelledItem {
    this.ledger.item();
    return item;
  }

  /** Says which pictures of the source are part of its labels, such as painted masks, and no items' media. Before the first item. */
  hideMedia(isHidden: (path: string) => boolean): void {
    this.#isMedia = (path) => isMediaPath(path) && !isHidden(path);
  }

  /** Where the media for an item's path lies in the source: there, or else below a folder, or alone of its name. */
  async findMedia(path: string): Promise<string | undefined> {
    this.#media ??= await PathIndex.of(this.source, this.#isMedia);
    return this.#media.find(path) ?? this.#media.alone(path);
  }

  /** All media of the source. */
  async mediaPaths(): Promise<string[]> {
    this.#media ??= await PathIndex.of(this.source, this.#isMedia);
    return [...this.#media.paths];
  }

  /** The size (and frames) of an item from what is known elsewhere, or from the picture's header. */
  async mediaFacts(path: string, file: string | undefined): Promise<KnownMedia | undefined> {
    const known = await this.#mediaOf?.(path);
    if (known) return known;
    return file === undefined ? undefined : imageSize(await readHead(this.source, file, 256 * 1024));
  }
}

function labelFault(label: unknown): string | undefined {
  if (typeof label !== 'string' || label === '') return 'it has no label';
  return label.length > 500 ? 'its label is longer than 500 characters' : undefined;
}

function shapeFault(geometry: AnnotationGeometry, item: LabelledItem): string | undefined {
  const isKnown = item.width > 0 && item.height > 0;
  // Without a size, places cannot be judged, but numbers and corners still can.
  const size = isKnown
    ? item
    : geometry.type === 'mask'
      ? { height: geometry.rle.size[0], width: geometry.rle.size[1] }
      : anySize;
  return geometryFault(geometry, size);
}

/** No file says truly that it is larger; who believes one that does runs out of memory over its masks. */
const maxSide = 1_000_000;
const maxPixels = 2 ** 30;
/** Over a month at thirty a second. */
const maxFrames = 100_000_000;

function isPictureSize({ width, height }: { width: number; height: number }): boolean {
  const isSide = (side: number) => Number.isSafeInteger(side) && side > 0 && side <= maxSide;
  return isSide(width) && isSide(height) && width * height <= maxPixels;
}

const anySize = { width: Number.MAX_SAFE_INTEGER, height: Number.MAX_SAFE_INTEGER };

function trackFault(keyframes: AnnotationContent['keyframes'], item: LabelledItem): string | undefined {
  if (keyframes === undefined) return undefined;
  const size = item.width > 0 && item.height > 0 ? item : anySize;
  return keyframesFault(keyframes, {
    width: size.width,
    height: size.height,
    frames: item.frames ?? Number.MAX_SAFE_INTEGER,
  });
}

/** A reading out of a generator of items. */
export function readingOf(
  source: FileSource,
  options: ReadOptions | undefined,
  read: (context: ReadContext) => AsyncIterable<LabelledItem>,
): Reading {
  const context = new ReadContext(source, options ?? {});
  return {
    items: read(context),
    labels: () => context.labels.toSet(),
    report: () => context.ledger.report(),
    expected: () => context.expected,
  };
}
