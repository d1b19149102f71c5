import type { Attributes } from '@fovea/contract';
import type { Format, LabelledAnnotation, LabelledItem } from './dataset.ts';
import { encodeText, type FilePiece, type FileSource, listPaths, readLines } from './files.ts';
import { type FitRules, type Fitted, fittingOf } from './fit.ts';
import { LabelPaths, withoutExtension } from './paths.ts';
import { type ReadContext, readingOf } from './reading.ts';
import { approximated, as, dropped, exact, tableOf } from './table.ts';
import { asConfidence } from './values.ts';
import { type WriteContext, writingOf } from './writing.ts';

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
  },
  annotation: {
    attributes: approximated('truncated as a share from 0 to 1 and occluded as a degree from 0 to 3; others left out'),
    confidence: exact,
  },
  item: {
    size: approximated('not said; read from the picture itself'),
    split: approximated('test goes into testing, all others into training'),
  },
  label: { unused: dropped('KITTI has no list of labels') },
  precisionPx: 1e-9,
});

const rules: FitRules = { table, annotation: fitObject, item: (item) => ({ ...item, split: kittiSplit(item) }) };

/** Types are one word in a row of words. */
function fitObject(annotation: LabelledAnnotation): Fitted {
  const label = annotation.label.trim().replaceAll(/\s+/g, '_');
  const ways = label === annotation.label ? [] : ['spaces in the label become underscores'];
  const attributes = kittiAttributes(annotation.attributes);
  const isLost = Object.entries(annotation.attributes).some(
    ([name, value]) => attributes[name] !== value && !isNothing(name, value),
  );
  if (isLost) ways.push('attributes but truncated and occluded left out');
  return label === ''
    ? { lost: 'its label is only spaces' }
    : { annotations: [{ ...annotation, label, attributes }], ways };
}

function isNothing(name: string, value: Attributes[string]): boolean {
  return (name === 'truncated' || name === 'occluded') && (value === false || value === 0);
}

/** What KITTI can say of attributes; 0, for not at all, is not said. */
function kittiAttributes({ truncated, occluded }: Attributes): Attributes {
  const share = truncated === true ? 1 : truncated;
  const degree = occluded === true ? 1 : occluded;
  return {
    ...(typeof share === 'number' && share > 0 && share <= 1 && { truncated: share }),
    ...(typeof degree === 'number' && Number.isInteger(degree) && degree > 0 && degree <= 3 && { occluded: degree }),
  };
}

function kittiSplit(item: LabelledItem): string {
  return item.split === 'test' ? 'test' : 'train';
}

function folderFor(item: LabelledItem): string {
  return item.split === 'test' ? 'testing' : 'training';
}

/** KITTI object detection: a text file for each picture. Boxes in space are not carried. */
export const kitti: Format = {
  name: 'kitti',
  title: 'KITTI',
  reference: 'https://www.cvlibs.net/datasets/kitti/eval_object.php',
  extensions: ['txt'],
  table,
  async detect(files) {
    const labels = files.paths.filter((path) => /(^|\/)label_2\/.+\.txt$/.test(path));
    for (const path of labels.slice(0, 5))
      if (/^\S+(\s+-?[\d.]+(e[+-]?\d+)?){14,15}\s*$/im.test(await files.head(path))) return 0.95;
    return labels.length > 0 ? 0.4 : 0;
  },
  read: (source, options) => readingOf(source, options, (context) => readKitti(context, source)),
  write: (items, labels, options) => writingOf(rules, items, labels, options, writeKitti),
  fitting: (labels, options) => fittingOf(rules, labels, options),
  mediaPath: (item) => `${folderFor(item)}/image_2/${item.path}`,
};

async function* readKitti(context: ReadContext, source: FileSource): AsyncIterable<LabelledItem> {
  const pictures = new Map<string, string>();
  for (const path of await context.mediaPaths()) {
    const [, root = '', name = ''] = /^(.*?)image_2\/(.+)$/.exec(path) ?? [];
    if (name !== '') pictures.set(`${root}${name}`, path).set(`${root}${withoutExtension(name)}`, path);
  }
  const done = new Set<string>();
  for (const path of await listPaths(source)) {
    const [, root = '', stem] = /^(.*?)label_2\/(.+)\.txt$/.exec(path) ?? [];
    if (stem === undefined) continue;
    const file = pictures.get(`${root}${stem}`);
    const item = await kittiItem(context, file, root, stem);
    if (item === undefined) continue;
    if (file !== undefined) done.add(file);
    let number = 0;
    for await (const line of readLines(source, path)) {
      number += 1;
      if (line.trim() !== '') addObject(context, item, line.trim(), `line ${number}`);
    }
    yield context.done(item);
  }
  for (const file of new Set(pictures.values())) {
    const [, root = ''] = /^(.*?)image_2\//.exec(file) ?? [];
    const item = done.has(file) ? undefined : await kittiItem(context, file, root, '');
    if (item) yield context.done(item);
  }
}

async function kittiItem(
  context: ReadContext,
  file: string | undefined,
  root: string,
  stem: string,
): Promise<LabelledItem | undefined> {
  const path = file === undefined ? `${stem}.png` : file.slice(`${root}image_2/`.length);
  const split = /(^|\/)testing\/$/.test(root) ? 'test' : /(^|\/)training\/$/.test(root) ? 'train' : undefined;
  return context.item(path, { split, file });
}

/** Type, truncated, occluded, alpha, left, top, right, bottom, then the box in space and its turn, and a score. */
function addObject(context: ReadContext, item: LabelledItem, line: string, name: string): void {
  const [label = '', ...rest] = line.split(/\s+/);
  const values = rest.map(Number);
  const [truncated = 0, occluded = 0, , left = 0, top = 0, right = 0, bottom = 0] = values;
  if (values.length < 7 || !values.every(Number.isFinite))
    return context.drop(item, name, 'it is no type and seven numbers or more');
  const attributes = kittiAttributes({ truncated, occluded });
  const isInSpace = values.slice(7, 10).some((side) => side > 0);
  const ways = isInSpace ? ['the box in space left out'] : [];
  context.accept(
    item,
    {
      label,
      geometry: { type: 'box', x: left, y: top, width: right - left, height: bottom - top },
      attributes,
      confidence: asConfidence(values[14]),
    },
    ways,
  );
}

async function* writeKitti({ items }: WriteContext): AsyncIterable<FilePiece> {
  const stems = new LabelPaths();
  for await (const item of items) {
    const rows = item.annotations.map((annotation) => `${rowOf(annotation)}\n`);
    yield { path: `${folderFor(item)}/label_2/${stems.stemFor(item.path)}.txt`, bytes: encodeText(rows.join('')) };
  }
}

function rowOf({ label, geometry, attributes, confidence }: LabelledAnnotation): string {
  const { x, y, width, height } = geometry.type === 'box' ? geometry : { x: 0, y: 0, width: 0, height: 0 };
  const unknown = [-1, -1, -1, -1000, -1000, -1000, -10];
  return [
    label,
    attributes['truncated'] ?? 0,
    attributes['occluded'] ?? 0,
    -10,
    x,
    y,
    x + width,
    y + height,
    ...unknown,
    ...(confidence === null ? [] : [confidence]),
  ].join(' ');
}
