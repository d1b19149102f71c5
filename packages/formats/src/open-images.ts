import type { Attributes } from '@fovea/contract';
import { csvLine, csvRows, readCsv } from './csv.ts';
import type { Format, LabelledAnnotation, LabelledItem } from './dataset.ts';
import { compareText, encodeText, type FilePiece, type FileSource, listPaths } from './files.ts';
import { type FitRules, type Fitted, fittingOf } from './fit.ts';
import { asFileName, folderOf, isMediaPath, LabelPaths, withoutExtension } from './paths.ts';
import { type ReadContext, readingOf } from './reading.ts';
import { approximated, as, exact, exactWhere, tableOf } from './table.ts';
import { SpooledText, type WriteContext, writingOf } from './writing.ts';

/** The flags of a box and their columns; -1 stands for unknown. */
const flags = [
  ['occluded', 'IsOccluded'],
  ['truncated', 'IsTruncated'],
  ['groupOf', 'IsGroupOf'],
  ['depiction', 'IsDepiction'],
  ['inside', 'IsInside'],
] as const;

const table = tableOf({
  types: {
    box: exact,
    classification: exactWhere('it has no attributes'),
    rotated_box: as.box,
    polygon: as.box,
    ellipse: as.box,
    cuboid: as.box,
    mask: as.box,
    keypoints: as.box,
    polyline: as.box,
  },
  annotation: { attributes: approximated(`only that ${flags.map(([name]) => name).join(', ')} are true`) },
  item: {
    size: approximated('not said; read from the picture itself'),
    split: approximated('items without one are put into train'),
  },
  precisionPx: 1e-6,
});

const rules: FitRules = {
  table,
  annotation(annotation, item): Fitted {
    if (!(item.width > 0 && item.height > 0)) return { lost: 'the size of the picture is not known' };
    const attributes: Attributes = {};
    if (annotation.type === 'box')
      for (const [name] of flags) if (annotation.attributes[name] === true) attributes[name] = true;
    const isLost = Object.keys(annotation.attributes).length > Object.keys(attributes).length;
    return {
      annotations: [{ ...annotation, attributes }],
      ways: isLost ? ['attributes but the flags of a box that are true left out'] : [],
    };
  },
  item: (item) => ({ ...item, split: item.split ?? 'train' }),
};

/**
 * Open Images: comma-separated files of boxes and of labels for each split, called and laid out as those of version 7, with the pictures
 * in `images/SPLIT`.
 */
export const openImages: Format = {
  name: 'open-images',
  title: 'Open Images CSV',
  reference: 'https://storage.googleapis.com/openimages/web/download_v7.html#data-formats',
  extensions: ['csv'],
  table,
  async detect(files) {
    for (const path of files.paths.filter((candidate) => candidate.endsWith('.csv'))) {
      if ((await files.head(path)).startsWith('ImageID,Source,LabelName,Confidence')) return 0.95;
    }
    return 0;
  },
  read: (source, options) => readingOf(source, options, (context) => readOpenImages(context, source)),
  write: (items, labels, options) => writingOf(rules, items, labels, options, writeOpenImages),
  fitting: (labels, options) => fittingOf(rules, labels, options),
  mediaPath: (item) => `images/${asFileName(item.split ?? 'train')}/${item.path}`,
};

/** Rows are gathered by picture in as many walks over the files as keep about this many in memory. */
const rowsPerWalk = 250_000;

type Row = { path: string; fields: ReadonlyMap<string, string> };

async function* rowsOf(source: FileSource, paths: readonly string[]): AsyncIterable<Row> {
  for (const path of paths) for await (const fields of readCsv(source, path)) yield { path, fields };
}

async function* readOpenImages(context: ReadContext, source: FileSource): AsyncIterable<LabelledItem> {
  const paths = await listPaths(source);
  const listed = paths.filter((path) => /(image_ids|-with-rotation)[^/]*\.csv$/.test(path));
  const tables = paths.filter(
    (path) =>
      /(annotations-bbox|imagelabels|bbox|labels)[^/]*\.csv$/.test(path) &&
      !/class-descriptions/.test(path) &&
      !listed.includes(path),
  );
  const names = await readNames(context, source, paths);
  const pictures = picturesById(paths, rootOf(tables));
  let rows = 0;
  for await (const _ of rowsOf(source, [...listed, ...tables])) rows += 1;
  const walks = Math.max(1, Math.ceil(rows / rowsPerWalk));
  for (let walk = 0; walk < walks; walk += 1) {
    const gathered = new Map<string, { rows: Row[]; subset: string | undefined }>();
    const isHere = (id: string) => id !== '' && hashOf(id) % walks === walk;
    for await (const { fields } of rowsOf(source, listed)) {
      const id = fields.get('ImageID') ?? '';
      if (isHere(id)) gathered.set(id, { rows: [], subset: fields.get('Subset') || undefined });
    }
    for await (const row of rowsOf(source, tables)) {
      const id = row.fields.get('ImageID') ?? '';
      if (!isHere(id)) continue;
      const image = gathered.get(id);
      if (image) image.rows.push(row);
      else gathered.set(id, { rows: [row], subset: undefined });
    }
    for (const [id, { rows: list, subset }] of gathered) {
      const picture = pictures.get(id);
      const split = subset ?? subsetOf(list[0]?.path) ?? picture?.split;
      const item = await context.item(picture?.path ?? `${id}.jpg`, {
        split: split === 'validation' ? 'val' : split,
        file: picture?.file,
      });
      if (item === undefined) continue;
      for (const row of list) addRow(context, item, row, names);
      yield context.done(item);
    }
  }
}

/** `train` of `oidv6-train-annotations-bbox.csv`. */
function subsetOf(table = ''): string | undefined {
  return /(?:^|\/)(?:oidv\d+-)?([^/]+?)-(?:annotations|images|boxable)[^/]*\.csv$/.exec(table)?.[1];
}

/** A spread of texts over numbers (FNV-1a, 32 bits). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash;
}

/** Label names are machine ids; class-descriptions says what they are called. That file may lack a first row of names. */
async function readNames(
  context: ReadContext,
  source: FileSource,
  paths: readonly string[],
): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const path of paths.filter((candidate) => /class-descriptions[^/]*\.csv$/.test(candidate))) {
    let isFirst = true;
    for await (const [id, name] of csvRows(source, path)) {
      const isHeader = isFirst && id === 'LabelName';
      isFirst = false;
      if (!isHeader && id !== undefined && name !== undefined) names.set(id, name);
    }
  }
  for (const name of names.values()) context.labels.define({ name });
  return names;
}

/** The folder that the tables lie in, or `annotations` below it; with its slash, empty for none. */
function rootOf(tables: readonly string[]): string {
  const folder = folderOf(tables[0] ?? '').replace(/(^|\/)annotations$/, '');
  return folder === '' ? '' : `${folder}/`;
}

type Picture = { file: string; path: string; split: string | undefined };

/** Pictures lie in `images/SPLIT`, in `SPLIT`, or in `images`; ids are their names, with folders and without endings. */
function picturesById(paths: readonly string[], root: string): Map<string, Picture> {
  const pictures = new Map<string, Picture>();
  const add = (id: string, picture: Picture) => {
    if (!pictures.has(id)) pictures.set(id, picture);
  };
  const placed = paths.filter(isMediaPath).map((file) => {
    const below = (file.startsWith(root) ? file.slice(root.length) : file).replace(/^images\//, '');
    const [, split, path = below] = /^([^/]+)\/(.+)$/.exec(below) ?? [];
    return { file, below, split, path };
  });
  for (const { file, split, path } of placed) for (const id of [withoutExtension(path), path]) add(id, { file, path, split });
  // Only then those whose first folder is none of a split.
  for (const { file, below } of placed)
    for (const id of [withoutExtension(below), below]) add(id, { file, path: below, split: undefined });
  return pictures;
}

function addRow(context: ReadContext, item: LabelledItem, { fields }: Row, names: ReadonlyMap<string, string>): void {
  const id = fields.get('LabelName') ?? '';
  const label = names.get(id) ?? id;
  if (!fields.has('XMin')) {
    // A confidence of 0 says that the label was checked and is not there.
    if (fields.get('Confidence') === '0')
      return context.drop(item, `label ${label}`, 'it says that the label is absent');
    return context.accept(item, { label, geometry: { type: 'classification' } });
  }
  const number = (name: string) => Number(fields.get(name) ?? Number.NaN);
  if (item.width === 0) return context.drop(item, `box ${label}`, 'the size of the picture is not known');
  const [left, right, top, bottom] = [
    number('XMin') * item.width,
    number('XMax') * item.width,
    number('YMin') * item.height,
    number('YMax') * item.height,
  ];
  const attributes: Attributes = {};
  for (const [name, column] of flags) if (fields.get(column) === '1') attributes[name] = true;
  context.accept(item, {
    label,
    geometry: { type: 'box', x: left, y: top, width: right - left, height: bottom - top },
    attributes,
  });
}

const boxColumns = [
  'ImageID',
  'Source',
  'LabelName',
  'Confidence',
  'XMin',
  'XMax',
  'YMin',
  'YMax',
  ...flags.map(([, column]) => column),
];

const imageColumns = [
  'ImageID',
  'Subset',
  'OriginalURL',
  'OriginalLandingURL',
  'License',
  'AuthorProfileURL',
  'Author',
  'Title',
  'OriginalSize',
  'OriginalMD5',
  'Thumbnail300KURL',
  'Rotation',
];

async function* writeOpenImages({ items, labels, options }: WriteContext): AsyncIterable<FilePiece> {
  const stems = new LabelPaths();
  const splits = new Map<string, { boxes: SpooledText; classes: SpooledText; images: SpooledText }>();
  for await (const item of items) {
    const name = asFileName(item.split ?? 'train');
    const id = stems.stemFor(item.path);
    const split = splits.get(name) ?? {
      boxes: new SpooledText(options),
      classes: new SpooledText(options),
      images: new SpooledText(options),
    };
    splits.set(name, split);
    await split.images.add(csvLine([id, name, ...Array.from({ length: imageColumns.length - 2 }, () => '')]));
    for (const annotation of item.annotations) {
      if (annotation.type === 'box') await split.boxes.add(boxLine(annotation, item, id));
      else await split.classes.add(csvLine([id, 'verification', annotation.label, 1]));
    }
  }
  for (const [name, { boxes, classes, images }] of [...splits].sort(([a], [b]) => compareText(a, b))) {
    yield* fileOf(`${name}-annotations-bbox.csv`, boxColumns, boxes);
    yield* fileOf(`${name}-annotations-human-imagelabels.csv`, boxColumns.slice(0, 4), classes);
    yield* fileOf(`${name}-images-with-rotation.csv`, imageColumns, images);
  }
  const names = labels().labels.map(({ name }) => csvLine([name, name]));
  yield { path: 'oidv7-class-descriptions.csv', bytes: encodeText(`LabelName,DisplayName\n${names.join('')}`) };
}

async function* fileOf(path: string, columns: readonly string[], rows: SpooledText): AsyncIterable<FilePiece> {
  yield { path, bytes: encodeText(csvLine(columns)) };
  for await (const bytes of rows.read()) yield { path, bytes };
}

function boxLine({ label, geometry, attributes }: LabelledAnnotation, item: LabelledItem, id: string): string {
  const { x, y, width, height } = geometry.type === 'box' ? geometry : { x: 0, y: 0, width: 0, height: 0 };
  const places = [x / item.width, (x + width) / item.width, y / item.height, (y + height) / item.height];
  return csvLine([id, 'xclick', label, 1, ...places, ...flags.map(([name]) => (attributes[name] === true ? 1 : 0))]);
}
