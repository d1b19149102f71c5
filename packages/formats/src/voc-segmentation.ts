import { decodeRle, encodeRle } from '@fovea/geometry';
import { FormatError, type Format, type LabelledItem } from './dataset.ts';
import { compareText, encodeText, type FilePiece, listPaths, readBytes } from './files.ts';
import { type FitRules, fittingOf } from './fit.ts';
import { hexOf, rgbOf } from './labels.ts';
import { masksOfNumbers, paintNumbers, withoutOverlaps } from './mask-layers.ts';
import { asFileName, LabelPaths, withoutExtension } from './paths.ts';
import { type DecodedPng, decodePng, encodePng } from './png.ts';
import { type ReadContext, readingOf } from './reading.ts';
import { as, dropped, exact, exactWhere, tableOf } from './table.ts';
import { readSplits } from './voc.ts';
import { labelMapText, mostClasses, readLabelMap, vocColor } from './voc-labelmap.ts';
import { type WriteContext, writingOf } from './writing.ts';

/** Objects of a picture, and classes. */
const mostNumbers = mostClasses;

const table = tableOf({
  types: {
    mask: exactWhere(
      `no later mask covers it, and it is among the first ${mostNumbers} of its picture and classes of the dataset`,
    ),
    box: as.pixels,
    rotated_box: as.pixels,
    polygon: as.pixels,
    ellipse: as.pixels,
    cuboid: as.pixels,
  },
  item: { split: exact },
  label: { color: dropped('classes have the colours of VOC') },
});

const rules: FitRules = {
  table,
  annotation(annotation, _item, labels) {
    if (!labels.has(annotation.label) && labels.labels.length >= mostNumbers)
      return { lost: `the dataset has more than ${mostNumbers} labels` };
    labels.numberOf(annotation.label);
    return { annotations: [annotation], ways: [] };
  },
  item(item, _labels, mark) {
    const kept = item.annotations.slice(0, mostNumbers);
    for (const annotation of item.annotations.slice(mostNumbers))
      mark.lose(annotation, `a picture has ${mostNumbers} objects at most`);
    return withoutOverlaps({ ...item, annotations: kept }, mark);
  },
};

const classPicture = /^(.*?)SegmentationClass\/(.+)\.png$/;

/** Pascal VOC segmentation: a PNG of classes and a PNG of objects for each picture. */
export const vocSegmentation: Format = {
  name: 'voc-segmentation',
  title: 'Pascal VOC (segmentation)',
  reference: 'http://host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf',
  extensions: ['png'],
  table,
  detect: async ({ paths }) => (paths.some((path) => /(^|\/)SegmentationClass\/.+\.png$/.test(path)) ? 0.95 : 0),
  read: (source, options) =>
    readingOf(source, options, async function* (context) {
      const paths = await listPaths(source);
      const classes = await readClasses(context, paths);
      const splits = await readSplits(source, paths, 'Segmentation');
      const pictures = await picturesByStem(context);
      const files = paths.filter((path) => classPicture.test(path));
      yield* context.eachFile(files, async function* (path) {
        const [, root = '', stem = ''] = classPicture.exec(path) ?? [];
        const picture = pictures.get(stem) ?? `${stem}.jpg`;
        const bytes = await readBytes(source, path);
        const png = bytes && decodePng(bytes, path);
        const item =
          png && (await context.item(picture, { width: png.width, height: png.height, split: splits.get(stem) }));
        if (png === undefined || item === undefined) return;
        await addObjects(context, item, png, { classes, objects: `${root}SegmentationObject/${stem}.png` });
        yield context.done(item);
      });
    }),
  write: (items, labels, options) => writingOf(rules, items, labels, options, writeSegmentation),
  fitting: (labels, options) => fittingOf(rules, labels, options),
  mediaPath: (item) => `JPEGImages/${item.path}`,
};

/** The pictures by their paths without endings, as label files are named. */
async function picturesByStem(context: ReadContext): Promise<Map<string, string>> {
  const pictures = new Map<string, string>();
  for (const path of await context.mediaPaths()) {
    const inside = /(?:^|\/)JPEGImages\/(.+)$/.exec(path)?.[1];
    if (inside !== undefined) pictures.set(inside, inside).set(withoutExtension(inside), inside);
  }
  return pictures;
}

/** Classes by their colour. Without a list, they are numbered as in VOC's own colour map. */
type Classes = { byColor: ReadonlyMap<string, string>; isListed: boolean };

async function readClasses(context: ReadContext, paths: readonly string[]): Promise<Classes> {
  const listed = await readLabelMap(context.source, paths);
  const numbered = context.givenLabels.labels.map(({ name }, number) => ({ name, color: vocColor(number + 1) }));
  for (const { name } of listed ?? []) context.labels.define({ name });
  const byColor = new Map((listed ?? numbered).map(({ name, color }) => [hexOf(color), name]));
  return { byColor, isListed: byColor.size > 0 };
}

async function addObjects(
  context: ReadContext,
  item: LabelledItem,
  classPng: DecodedPng,
  { classes, objects }: { classes: Classes; objects: string },
): Promise<void> {
  const bytes = await readBytes(context.source, objects);
  const objectPng = bytes && decodePng(bytes, objects);
  if (objectPng && (objectPng.width !== classPng.width || objectPng.height !== classPng.height))
    throw new FormatError(`${objects} has another size than its class picture`);
  const classColors = colorsOf(classPng);
  const objectColors = objectPng && colorsOf(objectPng);
  const border = hexNumber(vocColor(255));
  // An object is where both pictures have one colour; without object pictures, all of a class is one.
  const pairs = new Map<string, number>();
  const numbers = new Uint32Array(classColors.length);
  classColors.forEach((color, i) => {
    const object = objectColors?.[i] ?? color;
    if (color === 0 || object === 0 || color === border || object === border) return;
    const key = `${color} ${object}`;
    const number = pairs.get(key) ?? pairs.size + 1;
    pairs.set(key, number);
    numbers[i] = number;
  });
  const masks = masksOfNumbers(numbers, item);
  for (const [key, number] of pairs) {
    const color = hexOf(rgbOfNumber(Number(key.split(' ')[0])));
    const runs = masks.get(number);
    const label = classes.byColor.get(color) ?? (classes.isListed ? undefined : `class ${vocNumber(color)}`);
    if (runs === undefined || label === undefined)
      context.drop(item, `object ${number}`, `no class has the colour ${color}`);
    else context.accept(item, { label, geometry: { type: 'mask', rle: encodeRle(runs) } });
  }
}

/** The colours of a picture as numbers; grey pictures hold the places in VOC's colour map themselves. */
function colorsOf({ width, height, channels, data, palette }: DecodedPng): Uint32Array {
  const colors = new Uint32Array(width * height);
  for (let i = 0; i < colors.length; i += 1) {
    const place = data[i * channels] ?? 0;
    const rgb = palette
      ? (palette[place] ?? [0, 0, 0])
      : channels >= 3
        ? [place, data[i * channels + 1] ?? 0, data[i * channels + 2] ?? 0]
        : vocColor(place);
    colors[i] = hexNumber(rgb);
  }
  return colors;
}

function hexNumber([red = 0, green = 0, blue = 0]: readonly number[]): number {
  return red * 65_536 + green * 256 + blue;
}

function rgbOfNumber(color: number): [number, number, number] {
  return [color >> 16, (color >> 8) & 255, color & 255];
}

function vocNumber(color: string): number {
  const wanted = hexNumber(rgbOf(color) ?? [0, 0, 0]);
  return Array.from({ length: 256 }, (_, place) => hexNumber(vocColor(place))).indexOf(wanted);
}

const palette = Array.from({ length: 256 }, (_, place) => vocColor(place));

async function* writeSegmentation({ items, labels }: WriteContext): AsyncIterable<FilePiece> {
  const stems = new LabelPaths();
  const lists = new Map<string, string[]>();
  for await (const item of items) {
    const stem = stems.stemFor(item.path);
    const split = asFileName(item.split ?? 'default');
    const list = lists.get(split) ?? [];
    lists.set(split, list);
    list.push(`${stem}\n`);
    const masks = item.annotations.flatMap(({ label, geometry }) =>
      geometry.type === 'mask' ? [{ label, runs: decodeRle(geometry.rle) }] : [],
    );
    const classOf = (label: string) => labels().labels.findIndex((definition) => definition.name === label) + 1;
    const paint = (numbered: Parameters<typeof paintNumbers>[1]) =>
      encodePng({
        width: item.width,
        height: item.height,
        channels: 1,
        data: Uint8Array.from(paintNumbers(item, numbered)),
        palette,
      });
    yield {
      path: `SegmentationClass/${stem}.png`,
      bytes: paint(masks.map(({ label, runs }) => ({ runs, number: classOf(label) }))),
    };
    yield {
      path: `SegmentationObject/${stem}.png`,
      bytes: paint(masks.map(({ runs }, index) => ({ runs, number: index + 1 }))),
    };
  }
  for (const [split, list] of [...lists].sort(([a], [b]) => compareText(a, b)))
    yield { path: `ImageSets/Segmentation/${split}.txt`, bytes: encodeText(list.join('')) };
  yield { path: 'labelmap.txt', bytes: encodeText(labelMapText(labels())) };
}
