/**
 * The ONNX runner on a small convolution network against bare onnxruntime in a loop over the same images.
 * Run: node analytics/benchmarks/onnx.ts [images = 200] [rounds = 3]
 * The last line is JSON: {"images":…,"ratio":…}; ratio = bare seconds / runner seconds, the goal is 0.8 or more.
 */
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { drawPortrait } from '../test-support/portraits.ts';
import { onnxFile } from '../test-support/onnx-file.ts';
import { randomNumbers } from '../test-support/random.ts';
import { makeScratch } from '../test-support/scratch.ts';
import { tryAnalytic } from '../try.ts';

const side = 224;

/** Three convolutions with strides and a pooled classifier of ten classes. */
function smallNetwork(): Buffer {
  const random = randomNumbers(11);
  const weights = (...dims: number[]) => ({
    dims,
    values: Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => (random() - 0.5) * 0.3),
  });
  const conv = (input: string, weight: string, output: string) => ({
    op: 'Conv',
    inputs: [input, weight],
    outputs: [`${output}_raw`],
    ints: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  });
  const relu = (name: string) => ({ op: 'Relu', inputs: [`${name}_raw`], outputs: [name] });
  return onnxFile({
    inputs: { image: [1, 3, side, side] },
    outputs: { scores: [1, 10] },
    constants: {
      w1: weights(16, 3, 3, 3),
      w2: weights(32, 16, 3, 3),
      w3: weights(64, 32, 3, 3),
      w4: weights(10, 64, 1, 1),
    },
    nodes: [
      conv('image', 'w1', 'a'),
      relu('a'),
      conv('a', 'w2', 'b'),
      relu('b'),
      conv('b', 'w3', 'c'),
      relu('c'),
      { op: 'GlobalAveragePool', inputs: ['c'], outputs: ['pooled'] },
      { op: 'Conv', inputs: ['pooled', 'w4'], outputs: ['classes'], ints: { kernel_shape: [1, 1] } },
      { op: 'Flatten', inputs: ['classes'], outputs: ['scores'] },
    ],
  });
}

async function bareLoop(model: string, images: string[]): Promise<void> {
  const session = await InferenceSession.create(model);
  for (const image of images) {
    const data = await sharp(image)
      .autoOrient()
      .resize({ width: side, height: side, fit: 'fill' })
      .removeAlpha()
      .raw()
      .toBuffer();
    const values = new Float32Array(side * side * 3);
    for (let i = 0; i < side * side; i++)
      for (let c = 0; c < 3; c++) values[c * side * side + i] = (data[i * 3 + c] ?? 0) / 255;
    await session.run({ image: new Tensor('float32', values, [1, 3, side, side]) });
  }
  await session.release();
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1_000;
}

const count = Number(process.argv[2] ?? 200);
const rounds = Number(process.argv[3] ?? 3);
const scratch = await makeScratch();
try {
  const model = await scratch.file('small.onnx', smallNetwork());
  const { png } = await drawPortrait({ width: 640, height: 480 });
  const image = join(scratch.dir, 'image.jpg');
  await sharp(png).jpeg().toFile(image);
  const images = Array.from({ length: count }, () => image);
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const bare = await seconds(() => bareLoop(model, images));
    const outDir = await scratch.folder();
    const runner = await seconds(() =>
      tryAnalytic('onnx-classification', { inputs: { images }, parameters: { model }, outDir }),
    );
    ratios.push(bare / runner);
    console.log(
      `round ${round + 1}: bare ${bare.toFixed(2)} s, runner ${runner.toFixed(2)} s, ${(count / runner).toFixed(0)} images/s, ratio ${(bare / runner).toFixed(2)}`,
    );
  }
  const ratio = ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? 0;
  console.log(JSON.stringify({ images: count, ratio: Math.round(ratio * 100) / 100 }));
} finally {
  await scratch.remove();
}
