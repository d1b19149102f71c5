import type { Format, LabelledItem } from './dataset.ts';
import { encodeText, type FilePiece, type FileSource, listPaths, readLines, readText } from './files.ts';
import { type FitRules, fittingOf } from './fit.ts';
import { baseName } from './paths.ts';
import { type ReadContext, readingOf } from './reading.ts';
import { approximated, as, dropped, everyFrame, exact, exactWhere, tableOf } from './table.ts';
import { type FrameState, statesOf, timeOfStates } from './tracks.ts';
import { type WriteContext, writingOf } from './writing.ts';

const table = tableOf({
  types: {
    box: exactWhere('it has a frame'),
    rotated_box: as.box,
    polygon: as.box,
    ellipse: as.box,
    cuboid: as.box,
    mask: as.box,
    keypoints: as.box,
    polyline: as.box,
  },
  annotation: { frame: exact, frameRange: everyFrame, track: everyFrame, trackFlags: exact },
  item: {
    unlabelled: approximated('of videos exact; pictures are left out'),
    frames: exact,
    fps: exact,
    split: exactWhere('it is train, val or test'),
  },
  label: { unused: dropped('each sequence lists the labels met so far') },
  precisionPx: 1e-9,
});

const splits = new Set(['train', 'val', 'test']);

const rules: FitRules = {
  table: { ...table, annotation: { ...table.annotation, frameRange: exact } },
  spread: 'all',
  skip: (item) => (item.frames !== undefined && item.frames > 1 ? undefined : 'MOT has videos only'),
  annotation: (annotation) =>
    annotation.frame === null ? { lost: 'MOT labels frames' } : { annotations: [annotation], ways: [] },
  item(item) {
    if (item.split === undefined || splits.has(item.split)) return item;
    const { split: _, ...rest } = item;
    return rest;
  },
};

/** The classes of the MOT benchmarks, for files without a list of their own (Milan et al., MOT16, 2016, table 3). */
const motClasses = [
  'Pedestrian',
  'Person on vehicle',
  'Car',
  'Bicycle',
  'Motorbike',
  'Non motorized vehicle',
  'Static person',
  'Distractor',
  'Occluder',
  'Occluder on the ground',
  'Occluder full',
  'Reflection',
];

/** MOT Challenge: a folder for each video, with `gt/gt.txt` and `seqinfo.ini`. */
export const mot: Format = {
  name: 'mot',
  title: 'MOT Challenge',
  reference: 'https://arxiv.org/abs/1603.00831',
  extensions: ['txt', 'ini'],
  table,
  async detect({ paths }) {
    const has = (pattern: RegExp) => paths.some((path) => pattern.test(path));
    return has(/(^|\/)gt\/gt\.txt$/) ? (has(/(^|\/)seqinfo\.ini$/) ? 1 : 0.9) : 0;
  },
  read: (source, options) =>
    readingOf(source, options, async function* (context) {
      const paths = await listPaths(source);
      const there = new Set(paths);
      const folders = new Set(paths.flatMap((path) => /^(.*?)\/?(?:gt\/gt\.txt|seqinfo\.ini)$/.exec(path)?.[1] ?? []));
      yield* context.eachFile([...folders], async function* (folder) {
        const item = await readSequence(context, source, folder, there);
        if (item) yield context.done(item);
      });
    }),
  write: (items, labels, options) => writingOf(rules, items, labels, options, writeSequences),
  fitting: (labels, options) => fittingOf(rules, labels, options),
  mediaPath: (item) => `${sequenceFolder(item)}/${baseName(item.path)}`,
};

function sequenceFolder(item: LabelledItem): string {
  return item.split === undefined ? item.path : `${item.split}/${item.path}`;
}

async function readSequence(
  context: ReadContext,
  source: FileSource,
  folder: string,
  paths: ReadonlySet<string>,
): Promise<LabelledItem | undefined> {
  const within = (name: string) => (folder === '' ? name : `${folder}/${name}`);
  const info = new Map<string, string>();
  for await (const line of readLines(source, within('seqinfo.ini'))) {
    const [, key, value] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) info.set(key.toLowerCase(), value);
  }
  const number = (key: string) => Number(info.get(key) ?? Number.NaN) || undefined;
  const [, split, rest] = /^(?:.*\/)?(train|val|test)\/(.+)$/.exec(folder) ?? [];
  const place = folder === '' ? '' : `${folder}/${baseName(folder)}`;
  const file = paths.has(place) ? place : undefined;
  const item = await context.item(rest ?? (folder === '' ? (info.get('name') ?? 'sequence') : folder), {
    width: number('imwidth'),
    height: number('imheight'),
    frames: number('seqlength'),
    fps: number('framerate'),
    split,
    file,
  });
  if (item === undefined) return undefined;
  const listed = await readText(source, within('gt/labels.txt'));
  const names = listed === undefined ? motClasses : listed.split(/\r?\n/).filter((line) => line !== '');
  await addTracks(context, source, item, { path: within('gt/gt.txt'), names });
  return item;
}

/** Rows: frame from 1, id, left, top, width, height, whether to consider it, class from 1, visible share. */
async function addTracks(
  context: ReadContext,
  source: FileSource,
  item: LabelledItem,
  { path, names }: { path: string; names: readonly string[] },
): Promise<void> {
  const tracks = new Map<string, { label: string; states: FrameState[] }>();
  let number = 0;
  for await (const line of readLines(source, path)) {
    number += 1;
    if (line.trim() === '') continue;
    const values = line.split(',').map(Number);
    const [frame = 0, id = -1, x = 0, y = 0, width = 0, height = 0, considered = 1, kind = 1, visible = 1] = values;
    const isRow = values.length >= 6 && values.every(Number.isFinite) && Number.isInteger(frame) && frame >= 1;
    const label = names[kind - 1] ?? `class ${kind}`;
    if (!isRow) context.drop(item, `line ${number}`, 'it is no row of six to nine numbers');
    else {
      if (considered === 0) context.ledger.noted(item.path, 'a mark that a box is not to be considered left out');
      if (visible > 0 && visible < 1) context.ledger.noted(item.path, 'the visible share of a box left out');
      // A detection without an identity is a track of its own.
      const key = id < 0 ? `line ${number}` : `${id} ${label}`;
      const track = tracks.get(key) ?? { label, states: [] };
      track.states.push({ frame: frame - 1, geometry: { type: 'box', x, y, width, height }, occluded: visible === 0 });
      tracks.set(key, track);
    }
  }
  for (const { label, states } of tracks.values()) {
    const time = timeOfStates(states);
    if (time) context.accept(item, { label, ...time });
  }
}

async function* writeSequences({ items, labels }: WriteContext): AsyncIterable<FilePiece> {
  for await (const item of items) {
    const folder = sequenceFolder(item);
    const names = labels().labels.map(({ name }) => name);
    const info = [
      '[Sequence]',
      `name=${item.path}`,
      'imDir=img1',
      ...(item.fps === undefined ? [] : [`frameRate=${item.fps}`]),
      `seqLength=${item.frames ?? 0}`,
      `imWidth=${item.width}`,
      `imHeight=${item.height}`,
      'imExt=.jpg',
    ];
    yield { path: `${folder}/seqinfo.ini`, bytes: encodeText(`${info.join('\n')}\n`) };
    yield {
      path: `${folder}/gt/labels.txt`,
      bytes: encodeText(names.map((name) => `${name.replaceAll(/[\r\n]+/g, ' ')}\n`).join('')),
    };
    const rows = item.annotations.flatMap((annotation, index) =>
      (statesOf(annotation) ?? []).map(({ frame, geometry, occluded }) => {
        const { x, y, width, height } = geometry.type === 'box' ? geometry : { x: 0, y: 0, width: 0, height: 0 };
        return {
          frame,
          text: [
            frame + 1,
            index + 1,
            x,
            y,
            width,
            height,
            1,
            names.indexOf(annotation.label) + 1,
            occluded ? 0 : 1,
          ].join(','),
        };
      }),
    );
    rows.sort((a, b) => a.frame - b.frame);
    yield { path: `${folder}/gt/gt.txt`, bytes: encodeText(rows.map(({ text }) => `${text}\n`).join('')) };
  }
}
