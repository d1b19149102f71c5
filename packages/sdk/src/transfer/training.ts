import type { VersionItem } from '@fovea/contract';
import { platform } from '#platform';
import { volumesOf, type FetchVolume, type VolumeMask } from './volume-masks.ts';

/** How a version is read for training. */
export interface SampleOptions {
  /** Only the items of this part. */
  split?: string | undefined;
  /** In another order, the same for the same seed: within a buffer of so many items (default 10,000), so that memory stays bounded. */
  shuffle?: boolean | { seed?: string | number | undefined; buffer?: number | undefined } | undefined;
  /** How many files are fetched before they are asked for. Default 4. */
  prefetch?: number | undefined;
  /** Whether the facts of DICOM and NIfTI headers are read (in Node, with the package `@fovea/medical`). Default: yes where that can be. */
  header?: boolean | undefined;
  /** Whether the voxels of segmentations are fetched ahead with the files. Default: when they are asked for. */
  volumes?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** One item of a version with its bytes and all that was said about it when the version was kept. */
export interface Sample {
  item: VersionItem;
  bytes: Uint8Array;
  /** Facts of the header of a scan: modality, spacing, orientation, window … */
  header: Record<string, unknown> | undefined;
  labels: string[];
  annotations: VersionItem['annotations'];
  /** The masks among the annotations, run-length encoded (COCO), with the frame that they lie on. */
  masks: { label: string; frame: number | null; rle: { size: [number, number]; counts: string | number[] } }[];
  /** The segmentations of volumes among the annotations; each gives its voxels when asked. */
  volumes: VolumeMask[];
}

/** Items with their bytes: fetched ahead, in order, no more of them in memory than `prefetch` and the one that is worked on. */
export async function* samplesOf(items: AsyncIterable<VersionItem>, fetches: { bytes(item: VersionItem): Promise<Uint8Array>; volume: FetchVolume }, options: SampleOptions): AsyncGenerator<Sample> {
  const { prefetch = 4, header = true, shuffle } = options;
  const describe = header ? await platform.scanDescriber?.() : undefined;
  const source = shuffle ? shuffled(items, shuffle === true ? {} : shuffle) : items;
  const iterator = source[Symbol.asyncIterator]();
  const ahead: Promise<Sample>[] = [];
  let isAtEnd = false;
  const sampleOf = async (item: VersionItem): Promise<Sample> => {
    const volumes = volumesOf(item, fetches.volume);
    const [bytes] = await Promise.all([fetches.bytes(item), ...(options.volumes ? volumes.map((volume) => volume.voxels()) : [])]);
    const isScan = item.kind === 'dicom' || item.kind === 'nifti';
    return { item, bytes, header: isScan ? describe?.(bytes) : undefined, labels: item.labels, annotations: item.annotations, masks: masksOf(item), volumes };
  };
  try {
    for (;;) {
      while (!isAtEnd && ahead.length <= Math.max(0, prefetch)) {
        const next = await iterator.next();
        if (next.done) isAtEnd = true;
        else {
          const sample = sampleOf(next.value);
          // It is awaited when its turn comes; a failure before that is no unhandled one.
          sample.catch(() => undefined);
          ahead.push(sample);
        }
      }
      const sample = ahead.shift();
      if (!sample) return;
      yield await sample;
    }
  } finally {
    await iterator.return?.(undefined);
    await Promise.allSettled(ahead);
  }
}

function masksOf({ annotations }: VersionItem): Sample['masks'] {
  return annotations.flatMap(({ label, geometry, frame }) => (geometry?.type === 'mask' ? [{ label, frame: frame ?? null, rle: geometry.rle as Sample['masks'][number]['rle'] }] : []));
}

/** Takes a random one out of a buffer that is filled up again. */
async function* shuffled<T>(items: AsyncIterable<T>, { seed = 0, buffer = 10_000 }: { seed?: string | number | undefined; buffer?: number | undefined }): AsyncGenerator<T> {
  const random = randomOf(String(seed));
  const kept: T[] = [];
  const take = (): T => {
    const at = Math.floor(random() * kept.length);
    const [last, taken] = [kept.pop() as T, kept[at]];
    if (at >= kept.length) return last;
    kept[at] = last;
    return taken as T;
  };
  for await (const item of items) {
    kept.push(item);
    if (kept.length > Math.max(1, buffer)) yield take();
  }
  while (kept.length > 0) yield take();
}

/** Numbers from 0 to 1, the same for the same seed (FNV-1a, then mulberry32). */
function randomOf(seed: string): () => number {
  let state = 2_166_136_261;
  for (const char of seed) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 16_777_619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
