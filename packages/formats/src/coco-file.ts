import { FormatError, type LabelledItem } from './dataset.ts';
import { hexOf, skeletonOf } from './labels.ts';
import { parseJson, streamJson } from './json-stream.ts';
import type { ReadContext } from './reading.ts';
import { asCount, asList, asNumbers, asObject, asText, asTexts, type Json } from './values.ts';

/** Annotations of images that do not come together in the file are gathered in several goes of this many bytes each. */
const gatherBytes = 64 * 1024 * 1024;
/** The place of what is no annotation. */
const noRecord = -2;

/** What a first walk over a COCO file finds: everything but the annotations themselves. */
export type CocoIndex = {
  path: string;
  images: Json[];
  /** By category id, as text. */
  categories: Map<string, string>;
  /** For each annotation, the place of its image in `images`; -1 when it is not there, -2 for what is no annotation at all. */
  imageOf: Int32Array;
  /** For each image, the bytes of its annotations. */
  bytesOf: Float64Array;
  /** Whether the annotations of each image stand together. */
  isGrouped: boolean;
};

/** Walks over a COCO file (https://cocodataset.org/#format-data) and keeps its images and categories. */
export async function indexCoco(context: ReadContext, path: string): Promise<CocoIndex> {
  const images: Json[] = [];
  const categories = new Map<string, string>();
  const idOf: (string | undefined)[] = [];
  const bytes: number[] = [];
  for await (const parts of streamJson(context.source, path)) {
    for (const part of parts) {
      if (part.index === undefined) continue;
      const value = asObject(parseJson(part.bytes, path));
      if (part.key === 'annotations') {
        if (value === undefined) context.drop(path, `annotation number ${part.index + 1}`, 'it is no object');
        idOf.push(value && String(value['image_id']));
        bytes.push(part.bytes.length);
      } else if (value === undefined) {
        if (part.key === 'images' || part.key === 'categories')
          context.ledger.noted(path, `entry ${part.index + 1} of ${part.key} left out: it is no object`);
      } else if (part.key === 'images') images.push(value);
      else if (part.key === 'categories') addCategory(context, path, value, categories);
    }
  }
  context.expect(images.length);
  const places = placesOf(context, path, images);
  const imageOf = Int32Array.from(idOf, (id) => (id === undefined ? noRecord : (places.get(id) ?? -1)));
  const bytesOf = new Float64Array(images.length);
  imageOf.forEach((place, index) => {
    if (place >= 0) bytesOf[place] = (bytesOf[place] ?? 0) + (bytes[index] ?? 0);
  });
  return { path, images, categories, imageOf, bytesOf, isGrouped: standTogether(imageOf, images.length) };
}

/** The places of images by id; of several with one id the first has its annotations. */
function placesOf(context: ReadContext, path: string, images: readonly Json[]): Map<string, number> {
  const places = new Map<string, number>();
  for (const [place, image] of images.entries()) {
    const id = String(image['id']);
    if (!places.has(id)) places.set(id, place);
    else
      context.ledger.noted(
        asText(image['file_name'])?.slice(0, 200) ?? path,
        `its id ${id.slice(0, 50)} is that of an image before it, which has the annotations of both`,
      );
  }
  return places;
}

function standTogether(imageOf: Int32Array, images: number): boolean {
  const seen = new Uint8Array(images);
  let previous = -1;
  for (const place of imageOf) {
    if (place === previous || place < 0) continue;
    if (seen[place] === 1) return false;
    seen[place] = 1;
    previous = place;
  }
  return true;
}

function addCategory(context: ReadContext, path: string, category: Json, categories: Map<string, string>): void {
  const name = asText(category['name']);
  const id = String(category['id']);
  if (name === undefined) return context.ledger.noted(path, `category ${id.slice(0, 50)} left out: it has no name`);
  const before = categories.get(id);
  if (before !== undefined && before !== name)
    context.ledger.noted(path, `category ${id.slice(0, 50)} is there twice: taken as "${name.slice(0, 100)}"`);
  categories.set(id, name);
  const parent = asText(category['supercategory']);
  const points = asTexts(category['keypoints']);
  const lines = asList(category['skeleton']).map((pair) => asNumbers(pair) ?? []);
  const color = asNumbers(category['color']);
  context.labels.define({
    name,
    parent: parent === name ? undefined : parent,
    color: color?.length === 3 ? hexOf(color) : undefined,
    skeleton:
      points.length > 0
        ? skeletonOf(
            points,
            lines.map(([from = 0, to = 0]) => [from, to]),
          )
        : undefined,
  });
}

/** The metadata keys that COCO itself has for an image. */
export const imageKeys = ['license', 'coco_url', 'flickr_url', 'date_captured'] as const;

/** An item for an image record. */
export async function cocoItem(
  context: ReadContext,
  image: Json,
  split: string | undefined,
): Promise<LabelledItem | undefined> {
  const own = imageKeys.flatMap((key) => (image[key] === undefined ? [] : [[key, image[key]] as const]));
  const metadata = { ...Object.fromEntries(own), ...asObject(image['metadata']) };
  return context.item(image['file_name'], {
    width: asCount(image['width']),
    height: asCount(image['height']),
    split,
    metadata: Object.keys(metadata).length > 0 ? metadata : undefined,
  });
}

/**
 * The annotation records of each image, image by image. When a file keeps those of one image together (as most tools
 * write them), one walk does; otherwise they are gathered in as many walks as bound the memory. Images without
 * annotations come with an empty list.
 */
export async function* cocoRecords(
  context: ReadContext,
  index: CocoIndex,
  maxBytes = gatherBytes,
): AsyncIterable<{ image: Json; records: Json[] }> {
  const strays = index.imageOf.filter((place) => place === -1).length;
  for (let stray = 0; stray < strays; stray += 1)
    context.drop(index.path, `stray ${stray}`, 'its image is not in the file');
  if (index.isGrouped) return yield* recordsInOrder(context, index);
  for (let from = 0; from < index.images.length;) {
    let [to, bytes] = [from, 0];
    do {
      bytes += index.bytesOf[to] ?? 0;
      to += 1;
    } while (to < index.images.length && bytes + (index.bytesOf[to] ?? 0) <= maxBytes);
    yield* gatherRecords(context, index, from, to);
    from = to;
  }
}

async function* recordsInOrder(
  context: ReadContext,
  { path, images, imageOf, bytesOf }: CocoIndex,
): AsyncIterable<{ image: Json; records: Json[] }> {
  let [current, records] = [-1, [] as Json[]];
  for await (const parts of streamJson(context.source, path)) {
    for (const part of parts) {
      const place = part.key === 'annotations' && part.index !== undefined ? imageOf[part.index] : undefined;
      if (place === undefined || place < 0) continue;
      const [image, before] = [images[place], images[current]];
      if (place !== current && before && records.length > 0) yield { image: before, records };
      if (place !== current) [current, records] = [place, []];
      const record = image && asObject(parseJson(part.bytes, path));
      if (record) records.push(record);
    }
  }
  const last = images[current];
  if (last && records.length > 0) yield { image: last, records };
  for (const [place, image] of images.entries()) if (bytesOf[place] === 0) yield { image, records: [] };
}

async function* gatherRecords(
  context: ReadContext,
  { path, images, imageOf }: CocoIndex,
  from: number,
  to: number,
): AsyncIterable<{ image: Json; records: Json[] }> {
  const gathered = Array.from({ length: to - from }, (): Uint8Array[] => []);
  let missing = imageOf.filter((place) => place >= from && place < to).length;
  for await (const parts of streamJson(context.source, path)) {
    for (const part of parts) {
      const place = part.key === 'annotations' && part.index !== undefined ? imageOf[part.index] : undefined;
      if (place === undefined || place < from || place >= to) continue;
      gathered[place - from]?.push(new Uint8Array(part.bytes));
      missing -= 1;
    }
    if (missing === 0) break;
  }
  for (const [offset, list] of gathered.entries()) {
    const image = images[from + offset];
    const records = list.map((bytes) => asObject(parseJson(bytes, path))).filter((record) => record !== undefined);
    if (image) yield { image, records };
  }
}

/** The part of a dataset that a COCO file is named for: `instances_train2017.json` and `train/_annotations.coco.json` → train. */
export function splitOfFile(path: string): string | undefined {
  const match = /(?:^|[_/])(train|val|valid|validation|test)(?:\d{4})?(?:[_./-]|$)/i.exec(path);
  const named = match?.[1]?.toLowerCase();
  if (named !== undefined) return named.startsWith('val') ? 'val' : named;
  const own = /_([^_/]+)\.json$/.exec(path)?.[1];
  return own === undefined || own === 'default' || own.startsWith('annotations') ? undefined : own;
}

/** The number of a record, for messages. */
export function recordName(record: Json): string {
  return `annotation ${String(record['id']).slice(0, 50)}`;
}

/** The label of a record by its category; undefined when the category is not in the file. */
export function labelOf(record: Json, categories: ReadonlyMap<string, string>): string | undefined {
  return categories.get(String(record['category_id']));
}

/** `[x, y, width, height]` as a box. */
export function boxOf(value: unknown): { x: number; y: number; width: number; height: number } | undefined {
  const numbers = asNumbers(value);
  const [x, y, width, height] = numbers ?? [];
  if (numbers?.length !== 4 || x === undefined || y === undefined || width === undefined || height === undefined)
    return undefined;
  return { x, y, width, height };
}

/** All COCO files of a source whose name fits, by path. @throws {FormatError} when there are none. */
export function requireFiles(paths: readonly string[], wanted: (path: string) => boolean, what: string): string[] {
  const found = paths.filter(wanted);
  if (found.length === 0) throw new FormatError(`there is no ${what} among the files`);
  return found;
}
