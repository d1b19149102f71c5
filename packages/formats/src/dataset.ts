import type { AnnotationContent, AnnotationType, FormatName } from '@fovea/contract';
import type { FilePiece, FileSource } from './files.ts';
import type { LossNote, LossReport } from './report.ts';
import type { CapabilityTable } from './table.ts';

/** An annotation as formats carry it. `id` is that of the tool it comes from, or goes to. */
export type LabelledAnnotation = AnnotationContent & { id?: string | undefined };

/** One file with its labels: the common coin between formats, and between formats and the platform. */
export type LabelledItem = {
  /** Within the dataset, with `/` between folders and none at the start: `street/0001.jpg`. */
  path: string;
  /** Upright size in pixels; 0 where a format does not say it and the media is not at hand. */
  width: number;
  height: number;
  /** Of a video or a stack. */
  frames?: number | undefined;
  /** Frames a second. */
  fps?: number | undefined;
  mediaType?: string | undefined;
  sha256?: string | undefined;
  /** The part of the dataset it belongs to: `train`, `val`, `test` or another name. */
  split?: string | undefined;
  metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Where the media lies among the files that were read; undefined when it is not there. */
  file?: string | undefined;
  annotations: LabelledAnnotation[];
};

/** An attribute that annotations may have. */
export type AttributeDefinition = {
  name: string;
  type: 'text' | 'number' | 'boolean' | 'select' | 'multiselect';
  options?: readonly string[] | undefined;
  default?: string | undefined;
  /** May differ between the frames of a track. */
  mutable?: boolean | undefined;
};

/** The named points of a label and the lines drawn between them, as pairs of names. */
export type Skeleton = { points: readonly string[]; edges: readonly (readonly [string, string])[] };

export type LabelDefinition = {
  name: string;
  /** `#rrggbb` */
  color?: string | undefined;
  /** The name of the label above it in the tree. */
  parent?: string | undefined;
  attributes?: readonly AttributeDefinition[] | undefined;
  skeleton?: Skeleton | undefined;
  /** The annotation types it is meant for; any when missing. */
  types?: readonly AnnotationType[] | undefined;
};

/** The labels of a dataset, in the order that numbered formats number them in. */
export type LabelSet = { labels: readonly LabelDefinition[] };

/** What is known of a file's media from elsewhere. */
export type KnownMedia = { width: number; height: number; frames?: number | undefined; fps?: number | undefined };

export type ReadOptions = {
  /**
   * What is known of the media at a path, for formats that do not say sizes. Asked first; otherwise the header of the
   * picture among the files is read.
   */
  mediaOf?: ((path: string) => KnownMedia | undefined | Promise<KnownMedia | undefined>) | undefined;
  /** How many single losses the report lists; all are counted. Default 1,000. */
  maxNotes?: number | undefined;
  /** Told of every single loss, also of those that the report no longer lists. */
  onNote?: ((note: LossNote) => void) | undefined;
  /** The labels of the dataset where files only number them. */
  labels?: LabelSet | undefined;
};

export type WriteOptions = {
  /** Of the dataset, for formats that write one. Default `dataset`. */
  name?: string | undefined;
  maxNotes?: number | undefined;
  /** Told of every single loss, also of those that the report no longer lists. */
  onNote?: ((note: LossNote) => void) | undefined;
  /** How splits are told apart, for formats with `ownSplitLists`. Default `folders`. */
  splitStyle?: 'folders' | 'lists' | undefined;
  /** COCO: how masks are written. Default `compressed`. */
  rle?: 'compressed' | 'plain' | undefined;
  /** Items in a shard or row group, for formats that have such. */
  shardItems?: number | undefined;
  /** Where a format keeps what it can only write at the end; default memory. A file makes memory flat at any size. */
  spool?: (() => Spool) | undefined;
  /** The media's bytes, for formats that hold them within (TFRecord, WebDataset, Parquet); undefined leaves them out. */
  openMedia?: ((item: LabelledItem) => AsyncIterable<Uint8Array> | undefined) | undefined;
};

/** Bytes kept for later, in the order in which they came. */
export type Spool = { append(bytes: Uint8Array): Promise<void> | void; read(): AsyncIterable<Uint8Array> };

/** Items as they are read. The labels and the report are complete when the items have ended. */
export type Reading = {
  items: AsyncIterable<LabelledItem>;
  labels(): LabelSet;
  report(): LossReport;
  /** How many items there will be, by what is known so far; undefined where the format does not tell beforehand. */
  expected(): number | undefined;
};

/** Files as they are written, in pieces. The report is complete when they have ended. */
export type Writing = { pieces: AsyncIterable<FilePiece>; report(): LossReport };

/** What a format needs to look like to be told from others: the names of all files, and the beginnings of some. */
export type Sniff = { paths: readonly string[]; head(path: string): Promise<string> };

/** A label format. */
export type Format = {
  /** As in `--format coco`. */
  name: FormatName;
  title: string;
  /** Where the format is described. */
  reference: string;
  /** What its files end in, without the dot. */
  extensions: readonly string[];
  /** What it can carry; the writer obeys it (see `fitting`). */
  table: CapabilityTable;
  /** How well files fit, from 0 (not at all) to 1 (certainly). */
  detect(files: Sniff): Promise<number>;
  /** Missing for formats that are written only. @throws {FormatError} while iterating, when a file cannot be read. */
  read?: ((source: FileSource, options?: ReadOptions) => Reading) | undefined;
  write(items: AsyncIterable<LabelledItem> | Iterable<LabelledItem>, labels: LabelSet, options?: WriteOptions): Writing;
  /**
   * What the writer makes of an item, by its table: what a reader will find. Also adds the losses to a report when
   * given one.
   */
  fitting: (labels: LabelSet, options?: WriteOptions) => Fitting;
  /** Where the media of a fitted item belongs among the written files; undefined when the format holds media within. */
  mediaPath(item: LabelledItem, options?: Pick<WriteOptions, 'splitStyle'>): string | undefined;
  /** The format has lists of its own that tell which item belongs to which split, and writes them with `splitStyle: 'lists'`. */
  ownSplitLists?: boolean | undefined;
};

/** An item made to fit a format, and the report of all that were. */
export type Fitting = { fit(item: LabelledItem): LabelledItem | undefined; labels(): LabelSet; report(): LossReport };

/** Files that a format cannot make sense of, with the place. */
export class FormatError extends Error {
  override name = 'FormatError';
}
