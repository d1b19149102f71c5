import type { Attributes } from '@fovea/contract';
import { attributeFromText, attributeToText, fitTextAttributes, setOwn } from './attributes.ts';
import type { Format, LabelledAnnotation, LabelledItem } from './dataset.ts';
import { encodeText, type FilePiece, type FileSource, listPaths, readLines } from './files.ts';
import { type FitRules, fittingOf } from './fit.ts';
import { asFileName, baseName, folderOf, LabelPaths, withoutExtension } from './paths.ts';
import { type ReadContext, readingOf } from './reading.ts';
import { as, dropped, exact, exactWhere, tableOf, textAttributes } from './table.ts';
import { isPlainClass, labelMapText, mostClasses, readLabelMap } from './voc-labelmap.ts';
import { type WriteContext, writingOf } from './writing.ts';
import { childOf, numberOf, readXml, textOf, xml, type XmlElement } from './xml.ts';

const onlyBoxes = dropped('VOC detection knows boxes only');

const table = tableOf({
  types: {
    box: exact,
    rotated_box: as.box,
    polygon: as.box,
    ellipse: as.box,
    cuboid: as.box,
    mask: as.box,
    keypoints: as.box,
    polyline: as.box,
    point: onlyBoxes,
    classification: onlyBoxes,
    text: onlyBoxes,
  },
  annotation: { attributes: textAttributes },
  item: { split: exact },
  label: {
    unused: exactWhere(`its name has no colon, line end or space around it, and it is among the first ${mostClasses}`),
  },
  precisionPx: 1e-9,
});

/** The flags that VOC itself has for an object. */
const flags = ['truncated', 'difficult', 'occluded'] as const;

const rules: FitRules = {
  table: {
    ...table,
    annotation: {
      ...table.annotation,
      attributes: {
        fit: 'approximated',
        how: 'as texts; a text that reads like a number or a truth value becomes one',
      },
    },
  },
  annotation: fitTextAttributes,
};

/** Pascal VOC detection: an XML file per picture. Coordinates are pixels as they are, without VOC's count from 1. */
export const voc: Format = {
  name: 'voc',
  title: 'Pascal VOC (boxes)',
  reference: 'http://host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf',
  extensions: ['xml'],
  table,
  async detect(files) {
    for (const path of files.paths.filter((candidate) => candidate.endsWith('.xml')).slice(0, 3)) {
      if (/<annotation[\s>]/.test(await files.head(path))) return 0.9;
    }
    return 0;
  },
  read: (source, options) => readingOf(source, options, (context) => readVoc(context, source)),
  write: (items, labels, options) => writingOf(rules, items, labels, options, writeVoc),
  fitting: (labels, options) => fittingOf(rules, labels, options),
  mediaPath: (item) => `JPEGImages/${item.path}`,
};

async function* readVoc(context: ReadContext, source: FileSource): AsyncIterable<LabelledItem> {
  const paths = await listPaths(source);
  const splits = await readSplits(source, paths);
  for (const { name } of (await readLabelMap(source, paths)) ?? []) context.labels.define({ name });
  const files = paths.filter((candidate) => candidate.endsWith('.xml'));
  yield* context.eachFile(files, (path) => readAnnotation(context, source, { path, splits }));
}

async function* readAnnotation(
  context: ReadContext,
  source: FileSource,
  { path, splits }: { path: string; splits: ReadonlyMap<string, string> },
): AsyncIterable<LabelledItem> {
  const root = await readXml(source, path);
  if (root.name !== 'annotation') return context.ledger.noted(path, 'file left out: it is no VOC annotation');
  const name = textOf(root, 'filename');
  const stem = withoutExtension(/^(?:.*\/)?Annotations\/(.+)$/.exec(path)?.[1] ?? path);
  // Tools write the bare name of the picture; its folder is that of the label file below Annotations.
  const picture =
    name === undefined
      ? stem
      : name.includes('/') || folderOf(stem) === ''
        ? name
        : `${folderOf(stem)}/${baseName(name)}`;
  const size = childOf(root, 'size');
  const item = await context.item(picture, {
    width: numberOf(size, 'width'),
    height: numberOf(size, 'height'),
    split: splits.get(stem) ?? splits.get(withoutExtension(picture)),
  });
  if (item === undefined) return;
  for (const [number, object] of root.children.filter((child) => child.name === 'object').entries())
    addObject(context, item, object, number);
  yield context.done(item);
}

/** The lists of ImageSets/Main: a picture without its ending on each line. Lists of single classes have a second column. */
export async function readSplits(
  source: FileSource,
  paths: readonly string[],
  folder = 'Main',
): Promise<Map<string, string>> {
  const splits = new Map<string, string>();
  for (const path of paths) {
    const split = new RegExp(`(?:^|/)ImageSets/${folder}/([^/]+)\\.txt$`).exec(path)?.[1];
    if (split === undefined) continue;
    const isPart = split !== 'trainval' && split !== 'default';
    for await (const line of readLines(source, path)) {
      if (isPart && line !== '' && !/\s-?[01]$/.test(line)) splits.set(line, split);
    }
  }
  return splits;
}

function addObject(context: ReadContext, item: LabelledItem, object: XmlElement, number: number): void {
  const name = `object ${number}`;
  const label = textOf(object, 'name');
  const box = childOf(object, 'bndbox');
  const [left, top, right, bottom] = [
    numberOf(box, 'xmin'),
    numberOf(box, 'ymin'),
    numberOf(box, 'xmax'),
    numberOf(box, 'ymax'),
  ];
  if (label === undefined) return context.drop(item, name, 'it has no name');
  if (left === undefined || top === undefined || right === undefined || bottom === undefined)
    return context.drop(item, name, 'it has no box of four numbers');
  const parts = object.children.filter((child) => child.name === 'part').length;
  if (parts > 0) context.ledger.noted(item.path, 'parts of an object left out');
  context.accept(item, {
    label,
    geometry: { type: 'box', x: left, y: top, width: right - left, height: bottom - top },
    attributes: attributesIn(object),
  });
}

function attributesIn(object: XmlElement): Attributes {
  const attributes: Attributes = {};
  const pose = textOf(object, 'pose');
  if (pose !== undefined && pose !== 'Unspecified') attributes['pose'] = pose;
  // A 0 is what tools write for everything; only a set flag says something.
  for (const flag of flags) if (textOf(object, flag) === '1') attributes[flag] = true;
  for (const { name, children } of childOf(object, 'attributes')?.children ?? []) {
    const key = children.find((child) => child.name === 'name')?.text;
    const value = children.find((child) => child.name === 'value')?.text;
    if (name === 'attribute' && key !== undefined && value !== undefined)
      setOwn(attributes, key, attributeFromText(value));
  }
  return attributes;
}

async function* writeVoc({ items, labels, options }: WriteContext): AsyncIterable<FilePiece> {
  const stems = new LabelPaths();
  const lists = new Map<string, string[]>();
  for await (const item of items) {
    const stem = stems.stemFor(item.path);
    const split = asFileName(item.split ?? 'default');
    const list = lists.get(split) ?? [];
    lists.set(split, list);
    list.push(`${stem}\n`);
    yield { path: `Annotations/${stem}.xml`, bytes: encodeText(`${itemXml(item, options.name ?? 'dataset')}\n`) };
  }
  for (const [split, list] of [...lists].sort(([a], [b]) => (a < b ? -1 : 1))) {
    yield { path: `ImageSets/Main/${split}.txt`, bytes: encodeText(list.join('')) };
  }
  yield { path: 'labelmap.txt', bytes: encodeText(labelMapText(labels(), isPlainClass)) };
}

function itemXml(item: LabelledItem, database: string): string {
  const text = (name: string, value: string | number) => xml(name, {}, { text: String(value) });
  const size = xml('size', {}, `${text('width', item.width)}${text('height', item.height)}${text('depth', 3)}`);
  const head = [
    text('folder', folderOf(item.path)),
    text('filename', item.path),
    xml('source', {}, text('database', database)),
    size,
    text('segmented', 0),
  ];
  return `<annotation>\n${[...head, ...item.annotations.map(objectXml)].join('\n')}\n</annotation>`;
}

function objectXml({ label, geometry, attributes }: LabelledAnnotation): string {
  const text = (name: string, value: string | number) => xml(name, {}, { text: String(value) });
  const { x, y, width, height } = geometry.type === 'box' ? geometry : { x: 0, y: 0, width: 0, height: 0 };
  const box = xml('bndbox', {}, text('xmin', x) + text('ymin', y) + text('xmax', x + width) + text('ymax', y + height));
  const pose =
    typeof attributes['pose'] === 'string' && isPlainPose(attributes['pose']) ? attributes['pose'] : undefined;
  const own = flags.map((flag) => text(flag, attributes[flag] === true ? 1 : 0)).join('');
  const rest = Object.entries(attributes).filter(
    ([key, value]) => !(key === 'pose' && pose !== undefined) && !(isFlag(key) && value === true),
  );
  const others = rest.map(([key, value]) =>
    xml('attribute', {}, text('name', key) + xml('value', {}, { text: attributeToText(value) ?? '' })),
  );
  return xml(
    'object',
    {},
    `${text('name', label)}${text('pose', pose ?? 'Unspecified')}${own}${box}${others.length > 0 ? xml('attributes', {}, others.join('')) : ''}`,
  );
}

function isFlag(key: string): boolean {
  return (flags as readonly string[]).includes(key);
}

/** Whether a pose comes back as it is: readers trim the text of elements. */
function isPlainPose(text: string): boolean {
  return text !== '' && text !== 'Unspecified' && text.trim() === text;
}
