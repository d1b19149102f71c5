import { parse, stringify } from 'yaml';
import type { LabelledItem, WriteOptions } from './dataset.ts';
import { readLines, readText } from './files.ts';
import { type LabelIndex, skeletonOf } from './labels.ts';
import { baseName, extensionOf, isMediaPath, safePath, withoutExtension } from './paths.ts';
import type { ReadContext } from './reading.ts';
import { asList, asNumbers, asObject, asText, asTexts } from './values.ts';

/** A YOLO dataset's description: https://docs.ultralytics.com/datasets/detect/ (data.yaml, class lists, split lists). */
export type YoloDescription = {
  names: ReadonlyMap<number, string>;
  /** Folders or list files of each split, as written. */
  splits: readonly { split: string; place: string }[];
  /** How many key points each row has, and with how many numbers each. */
  keypoints?: { count: number; numbers: number } | undefined;
};

const ownKeys = new Set([
  'path',
  'names',
  'nc',
  'kpt_shape',
  'kpt_names',
  'flip_idx',
  'download',
  'channels',
  'roboflow',
]);

/** Reads data.yaml, or else a class list (`classes.txt`, `*.names`); without any, classes are known by number. */
export async function describeYolo(context: ReadContext, paths: readonly string[]): Promise<YoloDescription> {
  for (const path of paths.filter((candidate) => /\.ya?ml$/i.test(candidate))) {
    const described = describedBy(await readText(context.source, path, 16 * 1024 * 1024), context);
    if (described) return described;
    context.ledger.noted(path, 'file left out: it describes no YOLO dataset');
  }
  const list = paths.find((path) => /(^|\/)(classes\.txt|labels\.txt|[^/]+\.names)$/i.test(path));
  const names = new Map<number, string>();
  if (list !== undefined) {
    for await (const line of readLines(context.source, list))
      if (line.trim() !== '') names.set(names.size, line.trim());
  } else for (const [number, label] of context.givenLabels.labels.entries()) names.set(number, label.name);
  for (const name of names.values()) context.labels.define({ name });
  return { names, splits: [] };
}

function describedBy(text: string | undefined, context: ReadContext): YoloDescription | undefined {
  let root: ReturnType<typeof asObject>;
  try {
    // Aliases can make a small file a large value; a class list needs none.
    root = asObject(parse(text ?? '', { maxAliasCount: 0, logLevel: 'error' }));
  } catch {
    return undefined;
  }
  const given = root?.['names'];
  const names = new Map<number, string>();
  for (const [key, name] of Object.entries(asObject(given) ?? asTexts(asList(given).map(String))))
    names.set(Number(key), String(name));
  if (root === undefined || names.size === 0) return undefined;
  const pointNames = asObject(root['kpt_names']);
  for (const [number, name] of [...names].sort(([a], [b]) => a - b)) {
    const points = asTexts(pointNames?.[String(number)]);
    context.labels.define({ name, skeleton: points.length > 0 ? skeletonOf(points, []) : undefined });
  }
  const [count, numbers = 3] = asNumbers(root['kpt_shape']) ?? [];
  const splits = Object.entries(root).flatMap(([key, value]) =>
    ownKeys.has(key)
      ? []
      : [asText(value) ?? asTexts(value)]
          .flat()
          .map((place) => ({ split: key === 'valid' ? 'val' : key, place: plainPlace(place) })),
  );
  return { names, splits, keypoints: count === undefined ? undefined : { count, numbers } };
}

/** A place out of data.yaml without the ways up and down that tools put before it (`../train/images`). */
function plainPlace(place: string): string {
  return place
    .split(/[\\/]/)
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .join('/');
}

/** Writes data.yaml: the splits' folders, the class names, and for poses the shape and the names of key points. */
export function yoloYaml(
  splits: readonly string[],
  labels: LabelIndex | { labels: readonly { name: string; skeleton?: { points: readonly string[] } | undefined }[] },
  keypoints: number | undefined,
  style: WriteOptions['splitStyle'],
): string {
  const [first = 'train'] = splits;
  const placeOf = (split: string) => (style === 'lists' ? `${split}.txt` : `images/${split}`);
  const folders = Object.fromEntries(splits.map((split) => [split, placeOf(split)]));
  const points = labels.labels.flatMap(({ skeleton }, number) =>
    skeleton ? [[number, skeleton.points] as const] : [],
  );
  return stringify({
    // Without "path": trainers take it from where they were started, and the folder of this file when it is missing.
    // Trainers insist on both; a dataset without one of them gives the other.
    train: folders['train'] ?? placeOf(first),
    val: folders['val'] ?? folders['train'] ?? placeOf(first),
    ...folders,
    ...(keypoints !== undefined && { kpt_shape: [keypoints, 3], kpt_names: new Map(points) }),
    // Numbers as keys, not texts: so trainers write it.
    names: new Map(labels.labels.map(({ name }, number) => [number, name])),
  });
}

/** A picture of a YOLO dataset: where it lies, where its labels lie, and what it is called in the dataset. */
export type YoloPicture = { file: string; labels: string | undefined; path: string; split: string | undefined };

/** All pictures: those among the files, and those that lists of splits name. */
export async function yoloPictures(
  context: ReadContext,
  paths: readonly string[],
  { splits }: YoloDescription,
): Promise<YoloPicture[]> {
  const all = new Set(paths);
  const pictures = new Map<string, YoloPicture>();
  const add = (file: string, split?: string) => {
    const known = pictures.get(file);
    // What lies in no folder of a split belongs to the one whose list names it.
    if (known && known.split === undefined && split !== undefined) known.split = split;
    if (known) return;
    const placed = placeOf(file, splits);
    pictures.set(file, {
      file,
      labels: labelCandidates(file).find((path) => all.has(path)),
      ...placed,
      ...(split !== undefined && { split }),
    });
  };
  for (const path of paths) if (isMediaPath(path)) add(path);
  const lists = [
    ...splits.filter(({ place }) => extensionOf(place) === 'txt'),
    ...paths
      .filter((path) => /(^|\/)(train|val|valid|test)\.txt$/.test(path))
      .map((place) => ({ split: withoutExtension(baseName(place)), place })),
  ];
  for (const { place, split } of lists) {
    for await (const line of readLines(context.source, place)) {
      const file = isMediaPath(line.trim()) ? safePath(plainPlace(line.trim())) : undefined;
      if (file !== undefined)
        add(file, placeOf(file, splits).split === undefined ? (split === 'valid' ? 'val' : split) : undefined);
    }
  }
  const used = new Set([...pictures.values()].map((picture) => picture.labels));
  const listed = new Set(lists.map(({ place }) => place));
  for (const path of paths) {
    const isLabels =
      path.endsWith('.txt') &&
      !used.has(path) &&
      !listed.has(path) &&
      !/(^|\/)(classes|labels|readme[^/]*)\.txt$/i.test(path);
    if (isLabels) context.ledger.noted(path, 'label file left out: there is no picture for it');
  }
  return [...pictures.values()];
}

/** Where the labels of a picture may lie: below `labels` for `images`, else beside it. */
function labelCandidates(file: string): string[] {
  const parts = file.split('/');
  const images = parts.lastIndexOf('images', parts.length - 2);
  const mirrored = images < 0 ? file : parts.with(images, 'labels').join('/');
  return [...new Set([`${mirrored}.txt`, `${withoutExtension(mirrored)}.txt`, `${withoutExtension(file)}.txt`])];
}

function placeOf(file: string, splits: YoloDescription['splits']): { path: string; split: string | undefined } {
  // A folder that several splits give belongs to the one that is named like it.
  const homes = splits.filter(({ place }) => file.startsWith(`${place}/`));
  const home = homes.find(({ place, split }) => place.split('/').includes(split)) ?? homes[0];
  if (home) return { path: file.slice(home.place.length + 1), split: home.split };
  const match =
    /^(?:.*\/)?images\/(train|val|valid|test)\/(.+)$/.exec(file) ??
    /^(?:.*\/)?(train|val|valid|test)\/images\/(.+)$/.exec(file);
  if (match?.[1] !== undefined && match[2] !== undefined)
    return { path: match[2], split: match[1] === 'valid' ? 'val' : match[1] };
  return { path: /^(?:.*\/)?images\/(.+)$/.exec(file)?.[1] ?? file, split: undefined };
}

/** The split that an item is written to. */
export function yoloSplit(item: LabelledItem): string {
  return item.split ?? 'train';
}
