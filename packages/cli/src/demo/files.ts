import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AnnotationContent } from '@fovea/contract';

/** How much is drawn. */
export interface SampleCounts {
  photos: number;
  videoSeconds: number;
  slices: number;
}

export const wholeDemo: SampleCounts = { photos: 200, videoSeconds: 4, slices: 24 };

/** What is in the drawn files, by path: what a careful person would label. */
export type Truth = Map<string, AnnotationContent[]>;

/** Draws the sample files into a folder: photos, a video, a DICOM series. The same every time. */
export async function drawSamples(folder: string, counts: SampleCounts, onDrawn: (done: number, total: number) => void): Promise<Truth> {
  const { drawDicomSeries, drawPhotos, drawVideo } = await import('@fovea/server/samples');
  const truth: Truth = new Map();
  const total = counts.photos + counts.slices + 1;
  let done = 0;
  const write = async (path: string, bytes: Uint8Array): Promise<void> => {
    const file = join(folder, ...path.split('/').filter(Boolean));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
    onDrawn(++done, total);
  };
  for await (const photo of drawPhotos({ count: counts.photos, seed: 7 })) {
    const path = `/photos/${photo.name}`;
    truth.set(path, photo.truth);
    await write(path, photo.bytes);
  }
  const video = await drawVideo({ seconds: counts.videoSeconds, fps: 15, width: 640, height: 360, seed: 7 });
  truth.set(`/video/${video.name}`, video.truth);
  await write(`/video/${video.name}`, video.bytes);
  for await (const slice of drawDicomSeries({ slices: counts.slices, seed: 7 })) await write(`/scan/${slice.name}`, slice.bytes);
  return truth;
}
