// Jobs on pictures, on a platform of their own, beside bare loops over the same pictures: the photo studio, and an uploaded ONNX model.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fovea } from '@fovea/sdk';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { onnxFile } from '../analytics/test-support/onnx-file.ts';
import { drawPortrait } from '../analytics/test-support/portraits.ts';
import { randomNumbers } from '../analytics/test-support/random.ts';
import type { Figure, Scale } from './figure.ts';
import { bareLoop, colour, drawPhotos, ofBare } from './photos.ts';
import { startServed } from './served.ts';

/** What the studio and the bare loop resize to. */
const width = 1_600;
/** Both sides of the network's input. */
const side = 224;

export async function pictureJobs(scale: Scale): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
  const served = await startServed(join(folder, 'data'));
  try {
    const fovea = new Fovea({ url: served.url, key: served.key });
    const project = (await fovea.projects.create({ name: 'Bench' })).id;
    const dataset = (await fovea.datasets.create({ project, name: 'Pictures' })).id;
    const on = { fovea, project, dataset, folder };
    return [...(await studio(on, scale === 'full' ? 200 : 24)), ...(await network(on, scale === 'full' ? 1_000 : 200))];
  } finally {
    await served.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Place {
  fovea: Fovea;
  project: string;
  dataset: string;
  folder: string;
}

const figures = (what: string, unit: string, n: number, { ratio, perSecond }: { ratio: number; perSecond: number }): Figure[] => [
  { bench: 'compute', figure: `${what}, of a bare loop`, value: ratio, unit: '×', goal: '≥ 0.8', ok: ratio >= 0.8, n },
  { bench: 'compute', figure: `  ${what}`, value: perSecond, unit, goal: undefined, ok: undefined, n },
];

/** Uploads files under a folder of the dataset; gives their items. */
async function uploaded({ fovea, dataset }: Place, into: string, files: readonly { name: string; path: string }[]): Promise<string[]> {
  await fovea.items.uploadMany(dataset, files.map(({ name, path }) => ({ path: name, file: path })), { into });
  const items = await fovea.items.list(dataset, { folder: into }).toArray({ limit: files.length + 1 });
  return items.map(({ id }) => id);
}

/** Resize and colour of photos of 12 megapixels in one job. */
async function studio(on: Place, count: number): Promise<Figure[]> {
  const photos = await drawPhotos(join(on.folder, 'photos'), count);
  const items = await uploaded(on, '/photos', photos);
  const parameters = { ...colour, enable_crop: false, resize_width: width };
  const run = async (list: readonly string[]) => {
    const { outputs } = await on.fovea.jobs.createAndWait({ project: on.project, analytic: 'fovea/photo-studio', inputs: { photos: [...list] }, parameters });
    if (outputs.length !== list.length) throw new Error(`The job has ${outputs.length} outputs for ${list.length} photos.`);
  };
  await run(items.slice(0, 2));
  return figures('photo studio: resize and colour, 12 MP', 'photos/s', count, await ofBare(photos, (part) => bareLoop(part, join(on.folder, 'bare'), width), () => run(items)));
}

/** A small convolution network that was uploaded as an analytic. */
async function network(on: Place, count: number): Promise<Figure[]> {
  const model = join(on.folder, 'net.onnx');
  await writeFile(model, smallNetwork());
  const { png } = await drawPortrait({ width: 640, height: 480 });
  await mkdir(join(on.folder, 'images'));
  const path = join(on.folder, 'images', 'image.jpg');
  await sharp(png).jpeg().toFile(path);
  const images = Array.from({ length: count }, (_, number) => ({ name: `image-${number}.jpg`, path }));
  const items = await uploaded(on, '/images', images);
  const analytic = await on.fovea.analytics.register({
    name: 'bench/network',
    version: '1.0.0',
    inputs: [{ name: 'images', media: ['image'], many: true }],
    outputs: [{ name: 'labels', type: 'labels' }],
    runtime: { kind: 'onnx', model: 'net.onnx', task: 'classification', input: { width: side, height: side, layout: 'nchw', scale: 1 / 255 } },
  });
  await on.fovea.analytics.putFile(analytic.id, 'net.onnx', model);
  const run = (list: readonly string[]) => on.fovea.jobs.createAndWait({ project: on.project, analytic: analytic.id, inputs: { images: [...list] } });
  await run(items.slice(0, 2));
  const session = await InferenceSession.create(model);
  const result = await ofBare(images, (part) => infer(session, part), () => run(items));
  await session.release();
  return figures('ONNX runner: a small network', 'images/s', count, result);
}

async function infer(session: InferenceSession, images: readonly { path: string }[]): Promise<void> {
  for (const { path } of images) {
    const data = await sharp(path).autoOrient().resize({ width: side, height: side, fit: 'fill' }).removeAlpha().raw().toBuffer();
    const values = new Float32Array(side * side * 3);
    for (let i = 0; i < side * side; i++) for (let c = 0; c < 3; c++) values[c * side * side + i] = (data[i * 3 + c] ?? 0) / 255;
    await session.run({ image: new Tensor('float32', values, [1, 3, side, side]) });
  }
}

/** Three convolutions with strides and a pooled classifier of ten classes. */
function smallNetwork(): Buffer {
  const random = randomNumbers(11);
  const weights = (...dims: number[]) => ({ dims, values: Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => (random() - 0.5) * 0.3) });
  const layer = (input: string, weight: string, output: string) => [
    { op: 'Conv', inputs: [input, weight], outputs: [`${output}_raw`], ints: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } },
    { op: 'Relu', inputs: [`${output}_raw`], outputs: [output] },
  ];
  return onnxFile({
    inputs: { image: [1, 3, side, side] },
    outputs: { scores: [1, 10] },
    constants: { w1: weights(16, 3, 3, 3), w2: weights(32, 16, 3, 3), w3: weights(64, 32, 3, 3), w4: weights(10, 64, 1, 1) },
    nodes: [
      ...layer('image', 'w1', 'a'),
      ...layer('a', 'w2', 'b'),
      ...layer('b', 'w3', 'c'),
      { op: 'GlobalAveragePool', inputs: ['c'], outputs: ['pooled'] },
      { op: 'Conv', inputs: ['pooled', 'w4'], outputs: ['classes'], ints: { kernel_shape: [1, 1] } },
      { op: 'Flatten', inputs: ['classes'], outputs: ['scores'] },
    ],
  });
}
