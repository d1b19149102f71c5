import type { AnnotationContent } from '@fovea/contract';
import { stat } from 'node:fs/promises';
import { InputError, type InputFile, type RunAnalytic } from '../analytic.ts';
import { eachInput, throwIfAllFailed } from '../batch.ts';
import { labOf, type Pixels } from '../imaging/colour.ts';
import { loadPixels } from '../imaging/load.ts';
import { writeJson } from '../json-output.ts';
import { HashIndex } from './hash-index.ts';
import { hashDistance, hashText, perceptualHash, type PerceptualHash } from './perceptual-hash.ts';

/** What an image is compared by. */
interface Fingerprint {
  image: InputFile;
  hash: PerceptualHash;
  mirrored: PerceptualHash | null;
  width: number;
  height: number;
  bytes: number;
  meanLab: [number, number, number];
}

/** Pictures below this texture are flat: only their colour can tell them apart. */
const flatTexture = 0.6;
/** Mean colours of one picture in two versions differ less than this (ΔE of CIE 1976), corrections included. */
const maxColourDifference = 22;

const run: RunAnalytic = async (task) => {
  const images = task.inputs.images ?? [];
  if (images.length === 0) throw new InputError('input images: at least one image is needed');
  const mirrored = task.parameters.mirrored === true;
  const prints = new Map<InputFile, Fingerprint>();
  const each = { concurrency: 2, signal: task.signal, progress: task.progress.bind(task) };
  const failures = await eachInput(images, each, async (image) => {
    prints.set(image, await fingerprint(image, mirrored));
  });
  throwIfAllFailed(images, failures);
  const list = images.flatMap((image) => prints.get(image) ?? []);
  const groups = groupAlike(list, Number(task.parameters.max_distance ?? 8));
  const report = groups.map((group) =>
    group.map(({ print, distance }) => ({
      name: print.image.name,
      itemId: print.image.itemId,
      width: print.width,
      height: print.height,
      bytes: print.bytes,
      hash: hashText(print.hash.parts),
      distance,
    })),
  );
  const duplicates = groups.flatMap((group) =>
    group.slice(1).map(({ print, distance }) => ({ print, distance, best: group[0]?.print.image.name ?? '' })),
  );
  return {
    files: [await writeJson(task, 'groups', 'near-duplicates.json', report)],
    labels: duplicates.map(({ print, distance, best }) => ({
      output: 'duplicates',
      from: print.image,
      annotations: [duplicateLabel(best, distance)],
    })),
    failures,
    summary: { images: list.length, groups: groups.length, duplicates: duplicates.length },
  };
};
export default run;

async function fingerprint(image: InputFile, mirrored: boolean): Promise<Fingerprint> {
  const pixels = await loadPixels(image.path, 128);
  const { size } = await stat(image.path);
  return {
    image,
    hash: perceptualHash(pixels),
    mirrored: mirrored ? perceptualHash(pixels, true) : null,
    width: pixels.originalWidth,
    height: pixels.originalHeight,
    bytes: size,
    meanLab: meanLab(pixels),
  };
}

function meanLab(pixels: Pixels): [number, number, number] {
  const sum = [0, 0, 0] as [number, number, number];
  const count = pixels.width * pixels.height;
  for (let i = 0, p = 0; i < count; i++, p += pixels.channels) {
    const lab = labOf(pixels.data[p] ?? 0, pixels.data[p + 1] ?? 0, pixels.data[p + 2] ?? 0);
    for (let c = 0; c < 3; c++) sum[c] = (sum[c] ?? 0) + (lab[c] ?? 0) / count;
  }
  return sum;
}

interface Member {
  print: Fingerprint;
  /** Bits by which it differs from the first of its group. */
  distance: number;
}

/** Joins images that are within the distance of each other, also by way of third ones; the largest comes first. */
function groupAlike(prints: Fingerprint[], maxDistance: number): Member[][] {
  const index = new HashIndex(maxDistance);
  for (const { hash } of prints) index.add(hash.parts);
  const parent = prints.map((_, i) => i);
  const find = (i: number): number => {
    let root = i;
    while (parent[root] !== root) root = parent[root] as number;
    parent[i] = root;
    return root;
  };
  for (const [i, print] of prints.entries()) {
    for (const hash of print.mirrored === null ? [print.hash] : [print.hash, print.mirrored]) {
      for (const j of index.near(hash.parts).keys()) {
        const other = prints[j];
        if (j !== i && other !== undefined && sameLook(print, other)) parent[find(i)] = find(j);
      }
    }
  }
  const groups = Map.groupBy(prints.keys(), (i) => find(i));
  return [...groups.values()]
    .filter((members) => members.length > 1)
    .map((members) => sortGroup(members.flatMap((i) => prints[i] ?? [])));
}

function sameLook(a: Fingerprint, b: Fingerprint): boolean {
  const difference = Math.hypot(a.meanLab[0] - b.meanLab[0], a.meanLab[1] - b.meanLab[1], a.meanLab[2] - b.meanLab[2]);
  const [flatA, flatB] = [a.hash.texture < flatTexture, b.hash.texture < flatTexture];
  if (flatA !== flatB) return false;
  return difference < (flatA ? 4 : maxColourDifference);
}

function sortGroup(prints: Fingerprint[]): Member[] {
  const sorted = prints.toSorted(
    (a, b) => b.width * b.height - a.width * a.height || b.bytes - a.bytes || (a.image.name < b.image.name ? -1 : 1),
  );
  const [best] = sorted;
  return sorted.map((print) => ({ print, distance: best === undefined ? 0 : distanceTo(best, print) }));
}

function distanceTo(best: Fingerprint, print: Fingerprint): number {
  const direct = hashDistance(best.hash.parts, print.hash.parts);
  return best.mirrored === null ? direct : Math.min(direct, hashDistance(best.mirrored.parts, print.hash.parts));
}

function duplicateLabel(best: string, distance: number): AnnotationContent {
  return {
    type: 'classification',
    label: 'near duplicate',
    geometry: { type: 'classification' },
    attributes: { of: best, distance },
    frame: null,
    endFrame: null,
    confidence: Math.max(0, 1 - distance / 32),
    source: 'model',
  };
}
