import { decodeRle, encodeRle, runsArea, runsBounds } from '@fovea/geometry';
import { categoryRecord, imageRecord } from './coco-write.ts';
import { cocoItem, cocoRecords, indexCoco, requireFiles, splitOfFile } from './coco-file.ts';
import type { Format, LabelledItem } from './dataset.ts';
import { compareText, encodeText, type FilePiece, listPaths, readBytes } from './files.ts';
import { type FitRules, fittingOf } from './fit.ts';
import { masksOfNumbers, paintNumbers, withoutOverlaps } from './mask-layers.ts';
import { PathIndex } from './path-index.ts';
import { asFileName, baseName, folderOf, LabelPaths, withoutExtension } from './paths.ts';
import { decodePng, encodePng } from './png.ts';
import { type ReadContext, readingOf } from './reading.ts';
import { as, dropped, exact, exactWhere, tableOf } from './table.ts';
import { asText, type Json } from './values.ts';
import { SpooledText, type WriteContext, writingOf } from './writing.ts';

const table = tableOf({
  types: {
    mask: exactWhere('no later mask covers it; a pixel belongs to the last one over it'),
    box: as.pixels,
    rotated_box: as.pixels,
    polygon: as.pixels,
    ellipse: as.pixels,
    cuboid: as.pixels,
  },
  annotation: { id: dropped('numbered anew'), attributes: dropped('segments have none but iscrowd') },
  item: { split: exact, metadata: exact },
  label: { color: exact, parent: exact, skeleton: exact },
});
const rules: FitRules = { table, item: (item, _labels, mark) => withoutOverlaps(item, mark) };

/** COCO panoptic segmentation: for each picture a PNG whose colours number the segments. */
export const cocoPanoptic: Format = {
  name: 'coco-panoptic',
  title: 'COCO (panoptic)',
  reference: 'https://cocodataset.org/#format-data',
  extensions: ['json', 'png'],
  table,
  async detect(files) {
    for (const path of files.paths.filter((candidate) => candidate.endsWith('.json')).slice(0, 5)) {
      const head = await files.head(path);
      if (/"images"\s*:/.test(head) && (/"segments_info"\s*:/.test(head) || /panoptic/i.test(baseName(path))))
        return 0.95;
    }
    return 0;
  },
  read: (source, options) =>
    readingOf(source, options, async function* (context) {
      const paths = await listPaths(source);
      const pngs = new PathIndex(paths.filter((candidate) => candidate.endsWith('.png')));
      const files = requireFiles(paths, (candidate) => candidate.endsWith('.json'), 'COCO file');
      // The PNGs of segments are called like the pictures, which need not be PNGs.
      const painted = files.map((path) => `${withoutExtension(path)}/`);
      context.hideMedia((path) => /panoptic[^/]*\//.test(path) || painted.some((folder) => path.startsWith(folder)));
      yield* context.eachFile(files, async function* (path) {
        const index = await indexCoco(context, path);
        for await (const { image, records } of cocoRecords(context, index)) {
          const item = await cocoItem(context, image, splitOfFile(path));
          if (item === undefined) continue;
          for (const record of records)
            await addSegments(context, item, record, { path, pngs, categories: index.categories });
          yield context.done(item);
        }
      });
    }),
  write: (items, labels, options) => writingOf(rules, items, labels, options, writePanoptic),
  fitting: (labels, options) => fittingOf(rules, labels, options),
  mediaPath: (item) => `images/${item.path}`,
};

type Place = { path: string; pngs: PathIndex; categories: ReadonlyMap<string, string> };

async function addSegments(
  context: ReadContext,
  item: LabelledItem,
  record: Json,
  { path, pngs, categories }: Place,
): Promise<void> {
  const name = asText(record['file_name']) ?? '';
  const folder = withoutExtension(path);
  // The folder of the PNGs is named like the file, lies beside it, or is the only one with such a file.
  const file =
    [`${folder}/${name}`, `${folderOf(path)}/${name}`].find((candidate) => pngs.paths.has(candidate)) ??
    pngs.find(name);
  const bytes = file === undefined ? undefined : await readBytes(context.source, file);
  const segments = context.objectsIn(item, record['segments_info'], 'segment');
  if (file === undefined || bytes === undefined) {
    for (const segment of segments)
      context.drop(item, `segment ${String(segment['id'])}`, `its PNG is not among the files`);
    return;
  }
  const png = context.attempt('its PNG', () => decodePng(bytes, file));
  if (typeof png === 'string') {
    for (const segment of segments) context.drop(item, `segment ${String(segment['id'])}`, png);
    return;
  }
  const { width, height, channels, data } = png;
  const numbers = new Uint32Array(width * height);
  for (let i = 0; i < numbers.length; i += 1) {
    const [red, green, blue] = [data[i * channels] ?? 0, data[i * channels + 1] ?? 0, data[i * channels + 2] ?? 0];
    numbers[i] = channels >= 3 ? red + green * 256 + blue * 65_536 : red;
  }
  const masks = masksOfNumbers(numbers, { width, height });
  for (const segment of segments) {
    const shown = `segment ${String(segment['id'])}`;
    const runs = masks.get(Number(segment['id']));
    const label = categories.get(String(segment['category_id']));
    if (runs === undefined) context.drop(item, shown, 'its number is nowhere in the PNG');
    else if (label === undefined) context.drop(item, shown, 'its category is not in the file');
    else
      context.accept(item, {
        label,
        geometry: { type: 'mask', rle: encodeRle(runs) },
        attributes: segment['iscrowd'] === 1 ? { iscrowd: true } : {},
      });
  }
}

async function* writePanoptic({ items, labels, options }: WriteContext): AsyncIterable<FilePiece> {
  const stems = new LabelPaths();
  const splits = new Map<string, { images: SpooledText; segments: SpooledText; count: number }>();
  const splitOf = (name: string) => {
    const split = splits.get(name) ?? {
      images: new SpooledText(options),
      segments: new SpooledText(options),
      count: 0,
    };
    splits.set(name, split);
    return split;
  };
  for await (const item of items) {
    const name = asFileName(item.split ?? 'default');
    const split = splitOf(name);
    const image_id = (split.count += 1);
    const comma = image_id === 1 ? '' : ',\n';
    const file_name = `${stems.stemFor(item.path)}.png`;
    const { bytes, segments_info } = painted(
      item,
      (label) => labels().labels.findIndex((definition) => definition.name === label) + 1,
    );
    await split.images.add(`${comma}${JSON.stringify(imageRecord(item, image_id))}`);
    await split.segments.add(`${comma}${JSON.stringify({ image_id, file_name, segments_info })}`);
    yield { path: `annotations/panoptic_${name}/${file_name}`, bytes };
  }
  if (splits.size === 0) splitOf('default');
  for (const [name, { images, segments }] of [...splits].sort(([a], [b]) => compareText(a, b))) {
    const path = `annotations/panoptic_${name}.json`;
    yield {
      path,
      bytes: encodeText(
        `{"info":${JSON.stringify({ description: options.name ?? 'dataset' })},"licenses":[],"images":[\n`,
      ),
    };
    for await (const bytes of images.read()) yield { path, bytes };
    yield { path, bytes: encodeText('\n],"annotations":[\n') };
    for await (const bytes of segments.read()) yield { path, bytes };
    const categories = labels().labels.map((label, index) =>
      JSON.stringify({ ...categoryRecord(label, index + 1), isthing: 1 }),
    );
    yield { path, bytes: encodeText(`\n],"categories":[\n${categories.join(',\n')}\n]}\n`) };
  }
}

/** The PNG of an item and what its numbers mean; segments are numbered from 1. */
function painted(
  item: LabelledItem,
  categoryOf: (label: string) => number,
): { bytes: Uint8Array; segments_info: Json[] } {
  const masks = item.annotations.flatMap(({ label, geometry }, index) =>
    geometry.type === 'mask' ? [{ label, runs: decodeRle(geometry.rle), number: index + 1 }] : [],
  );
  const numbers = paintNumbers(item, masks);
  const data = new Uint8Array(numbers.length * 3);
  numbers.forEach((number, i) => data.set([number & 255, (number >> 8) & 255, (number >> 16) & 255], i * 3));
  const segments_info = masks.map(({ label, runs, number }) => {
    const { x, y, width, height } = runsBounds(runs) ?? { x: 0, y: 0, width: 0, height: 0 };
    return {
      id: number,
      category_id: categoryOf(label),
      area: runsArea(runs),
      bbox: [x, y, width, height],
      iscrowd: 0,
    };
  });
  return { bytes: encodePng({ width: item.width, height: item.height, channels: 3, data }), segments_info };
}
