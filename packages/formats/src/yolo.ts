import type { AnnotationGeometry, FormatName, GeometryOf, Xy } from '@fovea/contract';
import { bounds, rotatedBoxFromVertices, rotatedBoxVertices } from '@fovea/geometry';
import type { Format, LabelledItem, Sniff, WriteOptions, Writing } from './dataset.ts';
import { encodeText, type FilePiece, type FileSource, listPaths, readLines } from './files.ts';
import { type FitRules, fittingOf } from './fit.ts';
import { LabelPaths } from './paths.ts';
import { type Candidate, type ReadContext, readingOf } from './reading.ts';
import { approximated, as, type Capability, dropped, exact, exactWhere, tableOf } from './table.ts';
import { pairs } from './values.ts';
import { type WriteContext, writingOf } from './writing.ts';
import { fitRow, joinPoses, posesOf, saysMore } from './yolo-fit.ts';
import { describeYolo, type YoloDescription, yoloPictures, yoloSplit, yoloYaml } from './yolo-dataset.ts';

type Kind = 'detect' | 'segment' | 'pose' | 'obb';

/** Coordinates are written with ten digits after the point: a millionth of a pixel on the largest picture. */
const digits = 10;
const precisionPx = 1e-5;

const lists = dropped('YOLO knows areas of one kind only');
const common = {
  annotation: { holes: dropped('YOLO outlines have no holes') },
  item: {
    size: approximated('not said; read from the picture itself'),
    split: approximated('items without one are put into train'),
  },
  label: { skeleton: dropped('only poses have key points') },
  precisionPx,
};
const asBoxes: Record<
  'rotated_box' | 'polygon' | 'ellipse' | 'cuboid' | 'mask' | 'keypoints' | 'polyline',
  Capability
> = {
  rotated_box: as.box,
  polygon: as.box,
  ellipse: as.box,
  cuboid: as.box,
  mask: as.box,
  keypoints: as.box,
  polyline: as.box,
};
const turned = approximated('as the rotated box of least area around it', 'rotated_box');

/** YOLO detection: a box in a row. */
export const yolo = yoloFormat('detect', 'yolo', 'YOLO (detection)', 'https://docs.ultralytics.com/datasets/detect/', {
  ...common,
  types: { ...asBoxes, box: exact, point: lists, classification: dropped('see YOLO classification'), text: lists },
});

/** YOLO segmentation: an outline in a row. */
export const yoloSegment = yoloFormat(
  'segment',
  'yolo-segment',
  'YOLO (segmentation)',
  'https://docs.ultralytics.com/datasets/segment/',
  {
    ...common,
    types: {
      polygon: exact,
      box: as.outline,
      rotated_box: as.outline,
      ellipse: as.outline,
      cuboid: as.outline,
      mask: as.outline,
    },
  },
);

/** YOLO pose: a box and key points in a row. */
export const yoloPose = yoloFormat('pose', 'yolo-pose', 'YOLO (pose)', 'https://docs.ultralytics.com/datasets/pose/', {
  ...common,
  types: { keypoints: exact, box: exactWhere('it stands around the key points of its group and says more than them') },
  annotation: { group: exactWhere('it joins a box and its key points') },
  label: { skeleton: approximated('the points, without the lines between them') },
});

/** YOLO oriented boxes: four corners in a row. */
export const yoloObb = yoloFormat(
  'obb',
  'yolo-obb',
  'YOLO (oriented boxes)',
  'https://docs.ultralytics.com/datasets/obb/',
  {
    ...common,
    types: {
      rotated_box: exact,
      box: approximated('as a rotated box', 'rotated_box'),
      ellipse: approximated('as the rotated box around it', 'rotated_box'),
      polygon: turned,
      mask: turned,
      cuboid: turned,
    },
  },
);

function yoloFormat(
  kind: Kind,
  name: FormatName,
  title: string,
  reference: string,
  parts: Parameters<typeof tableOf>[0],
): Format {
  const table = tableOf(parts);
  const rules: FitRules = {
    table,
    annotation: (annotation, item, labels) => fitRow(annotation, item, labels),
    item: (item, _labels, mark) => ({ ...(kind === 'pose' ? joinPoses(item, mark) : item), split: yoloSplit(item) }),
  };
  return {
    name,
    title,
    reference,
    extensions: ['txt', 'yaml'],
    table,
    detect: (files) => detectYolo(files, kind),
    read: (source, options) => readingOf(source, options, (context) => readYolo(context, source, kind)),
    write: (items, labels, options): Writing =>
      writingOf(rules, items, labels, options, (context) => writeYolo(context, kind)),
    fitting: (labels, options) => fittingOf(rules, labels, options),
    mediaPath: yoloMediaPath,
    ownSplitLists: true,
  };
}

/** Our own data.yaml tells the kind; of others it tells poses, and the numbers after the class in the rows tell the rest apart. */
async function detectYolo(files: Sniff, kind: Kind): Promise<number> {
  const yaml = files.paths.find((path) => /\.ya?ml$/i.test(path));
  const description = yaml === undefined ? '' : await files.head(yaml);
  const isDescribed = /^names\s*:/m.test(description);
  const isPose = /^kpt_shape\s*:/m.test(description);
  const labels = files.paths.filter(
    (path) => path.endsWith('.txt') && !/(^|\/)(classes|labels|train|val|valid|test)\.txt$/i.test(path),
  );
  if (labels.length === 0) return isDescribed ? (isPose === (kind === 'pose') ? 0.5 : 0.3) : 0;
  const told = /^# task: (\w+)$/m.exec(description)?.[1];
  const votes: Kind[] = [];
  for (const path of labels.slice(0, 20)) {
    const head = await files.head(path);
    // Of a long file the last row is cut.
    const whole = head.length < 32_000 ? head : head.slice(0, head.lastIndexOf('\n'));
    const rows = whole.trim().split(/\s*\n\s*/);
    if (rows[0] === '') continue;
    if (!/^\d+(\s+-?\d*\.?\d+(e[+-]?\d+)?)+$/i.test(rows[0] ?? '')) return 0;
    votes.push(isPose ? 'pose' : kindOf(rows));
  }
  if (told !== undefined) return told === kind ? 0.95 : 0.2;
  if (votes.length > 0) return mostVoted(votes) === kind ? (isDescribed ? 0.9 : 0.7) : 0.2;
  return isDescribed && kind === (isPose ? 'pose' : 'detect') ? 0.5 : 0.1;
}

/** Five or six numbers in a row are a box, nine the corners of an oriented one where all rows have nine, others an outline. */
function kindOf(rows: readonly string[]): Kind {
  const counts = rows.map((row) => row.split(/\s+/).length);
  const wide = counts.filter((count) => count > 6);
  if (wide.length * 2 <= counts.length) return 'detect';
  return counts.every((count) => count === 9) ? 'obb' : 'segment';
}

/** What most files are; outlines where some are outlines and others could be either. */
function mostVoted(votes: readonly Kind[]): Kind | undefined {
  const of = (kind: Kind) => votes.filter((vote) => vote === kind).length;
  if (of('segment') > 0 && of('segment') + of('obb') > votes.length / 2) return 'segment';
  return votes.toSorted((a, b) => of(b) - of(a))[0];
}

async function* readYolo(context: ReadContext, source: FileSource, kind: Kind): AsyncIterable<LabelledItem> {
  const paths = await listPaths(source);
  const there = new Set(paths);
  const description = await describeYolo(context, paths);
  for (const picture of await yoloPictures(context, paths, description)) {
    const item = await context.item(picture.path, {
      split: picture.split,
      file: there.has(picture.file) ? picture.file : undefined,
    });
    if (item === undefined) continue;
    let number = 0;
    if (picture.labels !== undefined) {
      for await (const line of readLines(source, picture.labels)) {
        number += 1;
        if (line.trim() !== '') addRow(context, item, line, `line ${number}`, kind, description);
      }
    }
    yield context.done(item);
  }
}

function addRow(
  context: ReadContext,
  item: LabelledItem,
  line: string,
  name: string,
  kind: Kind,
  description: YoloDescription,
): void {
  const numbers = line.trim().split(/\s+/).map(Number);
  const [label, ...values] = numbers;
  if (label === undefined || !numbers.every(Number.isFinite) || !Number.isInteger(label) || label < 0)
    return context.drop(item, name, 'it is not a class and numbers');
  if (item.width === 0) return context.drop(item, name, 'the size of the picture is not known');
  const named = description.names.get(label) ?? `class ${label}`;
  const scaled = values.map((value, index) => value * (index % 2 === 0 ? item.width : item.height));
  const found = kind === 'pose' ? poseOf(context, item, values, named, description) : shapeOf(kind, scaled, values);
  if (typeof found === 'string') return context.drop(item, name, found);
  for (const candidate of found) context.accept(item, { ...candidate, label: named });
}

type Found = Omit<Candidate, 'label'>[];

function shapeOf(kind: Kind, scaled: number[], values: readonly number[]): Found | string {
  if (scaled.length === 4 || scaled.length === 5) {
    return [{ geometry: centredBox(scaled), ...(scaled.length === 5 && { confidence: inUnit(values[4]) }) }];
  }
  const corners = pairs(kind === 'obb' ? scaled.slice(0, 8) : scaled);
  if (kind === 'obb' && corners?.length === 4)
    return [
      { geometry: rotatedBoxFromVertices(corners), ...(values.length === 9 && { confidence: inUnit(values[8]) }) },
    ];
  return corners && corners.length >= 3
    ? [{ geometry: { type: 'polygon', points: corners } }]
    : `it has ${values.length} numbers after its class`;
}

function inUnit(value: number | undefined): number | null {
  return value !== undefined && value >= 0 && value <= 1 ? value : null;
}

function centredBox([cx = 0, cy = 0, width = 0, height = 0]: readonly number[]): GeometryOf<'box'> {
  return { type: 'box', x: cx - width / 2, y: cy - height / 2, width, height };
}

function poseOf(
  context: ReadContext,
  item: LabelledItem,
  values: readonly number[],
  label: string,
  { keypoints }: YoloDescription,
): Found | string {
  const shape = keypoints ?? { count: (values.length - 4) / 3, numbers: 3 };
  if (values.length !== 4 + shape.count * shape.numbers || (shape.numbers !== 2 && shape.numbers !== 3))
    return `it has ${values.length} numbers after its class`;
  const names = context.labels.definition(label).skeleton?.points;
  const count = Math.min(shape.count, names?.length ?? shape.count);
  const points = Array.from({ length: count }, (_, i): GeometryOf<'keypoints'>['points'][number] => {
    const [x = 0, y = 0, seen = x === 0 && y === 0 ? 0 : 2] = values.slice(
      4 + i * shape.numbers,
      4 + (i + 1) * shape.numbers,
    );
    return {
      name: names?.[i] ?? `point ${i + 1}`,
      x: x * item.width,
      y: y * item.height,
      visibility: seen === 0 ? 0 : seen === 1 ? 1 : 2,
    };
  });
  const [cx = 0, cy = 0, width = 0, height = 0] = values;
  const box = centredBox([cx * item.width, cy * item.height, width * item.width, height * item.height]);
  const pose: GeometryOf<'keypoints'> = { type: 'keypoints', points };
  if (points.every((point) => point.visibility === 0)) return [{ geometry: box }];
  if (!saysMore(box, pose)) return [{ geometry: pose }];
  const group = `pose ${item.annotations.length}`;
  return [
    { geometry: pose, group },
    { geometry: box, group },
  ];
}

function yoloMediaPath(item: LabelledItem, options?: Pick<WriteOptions, 'splitStyle'>): string {
  return options?.splitStyle === 'lists' ? `images/${item.path}` : `images/${yoloSplit(item)}/${item.path}`;
}

async function* writeYolo({ items, labels, options }: WriteContext, kind: Kind): AsyncIterable<FilePiece> {
  const stems = new LabelPaths();
  const pictures = new Map<string, string[]>();
  const numbers = new Map<string, number>();
  for await (const item of items) {
    const split = yoloSplit(item);
    const place = yoloMediaPath(item, options);
    const stem = stems.stemFor(place.slice('images/'.length));
    const list = pictures.get(split) ?? [];
    pictures.set(split, list);
    list.push(`./${place}\n`);
    const rows = rowsOf(item, kind).map(({ label, values }) => {
      const number = numbers.get(label) ?? labels().labels.findIndex((definition) => definition.name === label);
      numbers.set(label, number);
      return `${number} ${values.map(plain).join(' ')}\n`;
    });
    yield { path: `labels/${stem}.txt`, bytes: encodeText(rows.join('')) };
  }
  const splits = [...pictures.keys()].sort();
  for (const split of splits) yield { path: `${split}.txt`, bytes: encodeText((pictures.get(split) ?? []).join('')) };
  const points =
    kind === 'pose' ? Math.max(0, ...labels().labels.map((label) => label.skeleton?.points.length ?? 0)) : undefined;
  yield { path: 'data.yaml', bytes: encodeText(`# task: ${kind}\n${yoloYaml(splits, labels(), points, options.splitStyle)}`) };
}

function rowsOf(item: LabelledItem, kind: Kind): { label: string; values: number[] }[] {
  const share = ([x, y]: Xy) => [rounded(x / item.width), rounded(y / item.height)];
  const boxRow = (geometry: AnnotationGeometry) => {
    const { x, y, width, height } = bounds(geometry) ?? { x: 0, y: 0, width: 0, height: 0 };
    return [...share([x + width / 2, y + height / 2]), ...share([width, height])];
  };
  if (kind === 'pose') {
    return posesOf(item.annotations).map(({ keypoints: { label, geometry }, box }) => {
      const points = geometry.type === 'keypoints' ? geometry.points : [];
      return {
        label,
        values: [
          ...boxRow(box?.geometry ?? geometry),
          ...points.flatMap((point) => [...share([point.x, point.y]), point.visibility]),
        ],
      };
    });
  }
  return item.annotations.map(({ label, geometry }) => {
    if (geometry.type === 'polygon') return { label, values: geometry.points.flatMap(share) };
    return {
      label,
      values: geometry.type === 'rotated_box' ? rotatedBoxVertices(geometry).flatMap(share) : boxRow(geometry),
    };
  });
}

/** Without an exponent: not every reader knows one. */
function plain(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(digits).replace(/0+$/, '');
}

function rounded(value: number): number {
  return Number(value.toFixed(digits));
}
