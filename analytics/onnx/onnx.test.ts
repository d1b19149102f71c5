import { annotationContent, type AnnotationContent } from '@fovea/contract';
import { area, bitmapFromRuns, decodeRle } from '@fovea/geometry';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxFile, type OnnxGraph } from '../test-support/onnx-file.ts';
import { colorClassifier as classifier, colorDetector as detector, colorSegmenter } from '../test-support/onnx-graphs.ts';
import { makeScratch, type Scratch } from '../test-support/scratch.ts';
import { tryAnalytic } from '../try.ts';
import { suppress } from './detection.ts';

let scratch: Scratch;
beforeAll(async () => {
  scratch = await makeScratch();
});
afterAll(() => scratch.remove());

const segmenter = colorSegmenter(0);

/** A model that is told where to look: above zero within ten pixels of the place, on an input of 100 × 80. */
const aroundPlace: OnnxGraph = {
  inputs: { image: [1, 3, 80, 100], place: [1, 'places', 2], kinds: [1, 'places'] },
  outputs: { logits: [1, 1, 80, 100] },
  constants: {
    nothing: { dims: [1, 3, 1, 1], values: [0, 0, 0] },
    columns: { dims: [1, 1, 1, 100], values: Array.from({ length: 100 }, (_, x) => x + 0.5) },
    rows: { dims: [1, 1, 80, 1], values: Array.from({ length: 80 }, (_, y) => y + 0.5) },
    first: { dims: [1], values: [0], int64: true },
    second: { dims: [1], values: [1], int64: true },
    square: { dims: [1], values: [100] },
  },
  nodes: [
    { op: 'Conv', inputs: ['image', 'nothing'], outputs: ['zero'], ints: { kernel_shape: [1, 1] } },
    { op: 'Gather', inputs: ['place', 'first'], outputs: ['x'], ints: { axis: 2 } },
    { op: 'Gather', inputs: ['place', 'second'], outputs: ['y'], ints: { axis: 2 } },
    { op: 'Sub', inputs: ['columns', 'x'], outputs: ['dx'] },
    { op: 'Sub', inputs: ['rows', 'y'], outputs: ['dy'] },
    { op: 'Mul', inputs: ['dx', 'dx'], outputs: ['dx2'] },
    { op: 'Mul', inputs: ['dy', 'dy'], outputs: ['dy2'] },
    { op: 'Add', inputs: ['dx2', 'dy2'], outputs: ['distance'] },
    { op: 'Sub', inputs: ['square', 'distance'], outputs: ['near'] },
    { op: 'Mul', inputs: ['near', 'kinds'], outputs: ['meant'] },
    { op: 'Add', inputs: ['meant', 'zero'], outputs: ['logits'] },
  ],
};

async function picture(name: string, width: number, height: number, shapes: string): Promise<string> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#000"/>${shapes}</svg>`;
  return scratch.file(name, await sharp(Buffer.from(svg)).removeAlpha().png().toBuffer());
}

async function run(
  kind: string,
  graph: OnnxGraph | Buffer,
  images: string | string[],
  parameters: Record<string, unknown>,
) {
  const model = await scratch.file(`${kind}.onnx`, Buffer.isBuffer(graph) ? graph : onnxFile(graph));
  return tryAnalytic(`onnx-${kind}`, {
    inputs: { images },
    parameters: { model, ...parameters },
    outDir: await scratch.folder(),
  });
}

const labels = ['red', 'green', 'blue'];
const annotationsOf = (result: Awaited<ReturnType<typeof run>>): AnnotationContent[] =>
  result.labels!.flatMap(({ annotations }) => annotations.map((content) => annotationContent.parse(content)));

describe('classification', () => {
  it('labels each image, and reports those that cannot be read', async () => {
    const red = await picture('red.png', 90, 50, '<rect width="90" height="50" fill="#f00"/>');
    const blue = await picture('blue.png', 40, 70, '<rect width="40" height="70" fill="#00f"/>');
    const result = await run('classification', classifier(32), [red, blue, await scratch.file('x.png', 'x')], {
      labels,
    });
    expect(annotationsOf(result)).toMatchObject([
      { label: 'red', confidence: expect.closeTo(1, 2) },
      { label: 'blue' },
    ]);
    expect(result.failures!.map(({ message }) => message)).toEqual([
      'x.png: is not a picture in a known format (JPEG, PNG, WebP, GIF, TIFF, AVIF)',
    ]);
    expect(result.summary).toEqual({ images: 2, annotations: { red: 1, blue: 1 } });
  });

  it('takes labels from a file, channels in another order, and several labels', async () => {
    const red = await picture('red.png', 30, 30, '<rect width="30" height="30" fill="#f00"/>');
    const labels_file = await scratch.file('names.txt', 'rot\r\ngrün\r\nblau\r\n');
    const spec = { input: { channels: 'bgr', width: 16, height: 16 }, activation: 'sigmoid', topK: 2 };
    const result = annotationsOf(await run('classification', classifier('side'), red, { labels_file, spec }));
    expect(result.map(({ label }) => label)).toEqual(['blau', 'rot']);
  });
});

describe('detection', () => {
  const shapes =
    '<rect x="32" y="32" width="48" height="48" fill="#f00"/><rect x="160" y="96" width="48" height="48" fill="#0f0"/>';

  it('finds boxes on pictures of any size, one per object', async () => {
    const path = await picture('boxes.png', 256, 256, shapes);
    const found = annotationsOf(
      await run('detection', detector(), path, { labels, spec: { threshold: 0.5, nmsIou: 0.1 } }),
    );
    expect(found.map(({ label }) => label).toSorted()).toEqual(['green', 'red']);
    for (const { label, geometry } of found) {
      if (geometry.type !== 'box') throw new Error('a box is expected');
      const [x, y] = label === 'red' ? [56, 56] : [184, 120];
      expect(Math.abs(geometry.x + geometry.width / 2 - x)).toBeLessThan(34);
      expect(Math.abs(geometry.y + geometry.height / 2 - y)).toBeLessThan(34);
    }
  });

  it('undoes letterboxing', async () => {
    const wide = await picture('wide.png', 512, 256, '<rect x="384" y="128" width="64" height="64" fill="#00f"/>');
    const found = annotationsOf(
      await run('detection', detector(), wide, {
        labels,
        spec: { threshold: 0.9, nmsIou: 0.01, input: { fit: 'letterbox', padValue: 0 } },
      }),
    );
    expect(found).toHaveLength(1);
    // The one full cell is 8 input pixels at 56..64 of 128: its box of 24 is 192 picture pixels around (416, 160).
    expect(found[0]).toMatchObject({
      label: 'blue',
      geometry: { type: 'box', x: 320, y: 64, width: 192, height: 192 },
    });
  });

  it('suppresses overlapping boxes of one class only', () => {
    const box = { x: 0, y: 0, width: 10, height: 10 };
    const boxes = [
      { ...box, classIndex: 0, score: 0.5 },
      { ...box, x: 1, classIndex: 0, score: 0.9 },
      { ...box, x: 2, classIndex: 1, score: 0.7 },
      { ...box, x: 30, classIndex: 0, score: 0.3 },
    ];
    expect(suppress(boxes, { nmsIou: 0.5, classAgnostic: false, maxDetections: 9 }).map(({ score }) => score)).toEqual([
      0.9, 0.7, 0.3,
    ]);
    expect(suppress(boxes, { nmsIou: 0.5, classAgnostic: true, maxDetections: 9 }).map(({ score }) => score)).toEqual([
      0.9, 0.3,
    ]);
    expect(suppress(boxes, { nmsIou: 0.5, classAgnostic: true, maxDetections: 1 })).toHaveLength(1);
  });
});

describe('segmentation', () => {
  const disc = '<circle cx="100" cy="80" r="40" fill="#f00"/>';
  const spec = { input: { width: 100, height: 80 } };

  it('gives masks at the size of the picture', async () => {
    const path = await picture('disc.png', 200, 160, disc);
    const found = annotationsOf(await run('segmentation', segmenter, path, { labels: ['background', 'disc'], spec }));
    expect(found).toHaveLength(1);
    const { geometry } = found[0]!;
    if (geometry.type !== 'mask') throw new Error('a mask is expected');
    expect(geometry.rle.size).toEqual([160, 200]);
    const bitmap = bitmapFromRuns(decodeRle(geometry.rle));
    expect(bitmap.reduce((sum, value) => sum + value, 0) / (Math.PI * 1_600)).toBeCloseTo(1, 1);
    expect(bitmap[80 * 200 + 100]).toBe(1);
    expect(bitmap[10 * 200 + 10]).toBe(0);
  });

  it('gives polygons', async () => {
    const path = await picture('discs.png', 200, 160, `${disc}<circle cx="30" cy="30" r="12" fill="#f00"/>`);
    const found = annotationsOf(
      await run('segmentation', segmenter, path, { labels: ['background', 'disc'], spec: { ...spec, as: 'polygon' } }),
    );
    const areas = found.map(({ geometry }) => area(geometry)).toSorted((a, b) => a - b);
    expect(areas).toHaveLength(2);
    expect(areas[0]! / (Math.PI * 144)).toBeCloseTo(1, 0);
    expect(areas[1]! / (Math.PI * 1_600)).toBeCloseTo(1, 1);
  });

  it('gives what lies at a place, in one piece, or nothing', async () => {
    const path = await picture('discs.png', 200, 160, `${disc}<circle cx="30" cy="30" r="12" fill="#f00"/>`);
    const at = async (point: number[]) => {
      const result = await run('segmentation', segmenter, path, { labels: ['background', 'disc'], spec: { ...spec, as: 'polygon', point } });
      expect(result.summary!.shapes).toEqual(annotationsOf(result));
      return annotationsOf(result).map(({ geometry }) => area(geometry));
    };
    expect((await at([30, 33]))[0]! / (Math.PI * 144)).toBeCloseTo(1, 0);
    expect(await at([100, 80])).toHaveLength(1);
    expect(await at([190, 10])).toEqual([]);
    expect(await at([500, 10])).toEqual([]);
    await expect(at([30])).rejects.toThrow("the model's spec: point");
  });

  it('tells a model where to look, in the pixels of its picture', async () => {
    const path = await picture('any.png', 200, 160, '');
    const prompted = { ...spec, activation: 'sigmoid', prompt: { points: 'place', labels: 'kinds' } };
    const parameters = { labels: ['thing'], spec: { ...prompted, point: [60, 100] } };
    const [found] = annotationsOf(await run('segmentation', aroundPlace, path, parameters));
    if (found?.geometry.type !== 'mask') throw new Error('a mask is expected');
    const bitmap = bitmapFromRuns(decodeRle(found.geometry.rle));
    // A disc of ten pixels of the input, twenty of the picture, around the place.
    expect(bitmap.reduce((sum, value) => sum + value, 0) / (Math.PI * 400)).toBeCloseTo(1, 1);
    expect([bitmap[100 * 200 + 60], bitmap[100 * 200 + 79], bitmap[100 * 200 + 82]]).toEqual([1, 1, 0]);
    await expect(run('segmentation', aroundPlace, path, { labels: ['thing'], spec: prompted })).rejects.toThrow('the parameter point');
    await expect(run('segmentation', aroundPlace, path, { ...parameters, spec: { ...parameters.spec, prompt: { points: 'where' } } })).rejects.toThrow('the model has no input where; it has image, place, kinds');
  });
});

describe('what is wrong with a model', () => {
  it.each([
    ['is not one', Buffer.from('this is not a model'), {}, 'the model cannot be loaded: the file is no ONNX model'],
    ['is empty', Buffer.alloc(0), {}, 'the model file is empty'],
    ['is an archive', Buffer.from('PK\x03\x04 zip'), {}, 'not ONNX: export it to ONNX'],
    ['is cut off', onnxFile(classifier(32)).subarray(0, 60), {}, 'the model cannot be loaded'],
  ])('says that it %s', async (_, model, spec, expected) => {
    const path = await picture('any.png', 20, 20, '');
    await expect(run('classification', model, path, { labels, spec })).rejects.toThrow(expected);
  });

  it('says where spec and model do not fit', async () => {
    const path = await picture('any.png', 20, 20, '');
    await expect(run('classification', classifier(32), path, { spec: { input: { name: 'picture' } } })).rejects.toThrow(
      'the model has no input picture; it has image',
    );
    await expect(run('classification', classifier(32), path, { spec: { input: { width: 64 } } })).rejects.toThrow(
      'input.width is 64, but the model takes 32 only',
    );
    await expect(run('classification', classifier('side'), path, {})).rejects.toThrow('input.width is needed');
    await expect(run('classification', classifier(32), path, { spec: { output: 'logits' } })).rejects.toThrow(
      'the model has no output logits; it has scores',
    );
    await expect(run('classification', classifier(32), path, { spec: { topK: 0 } })).rejects.toThrow('topK');
    await expect(run('detection', classifier(32), path, {})).rejects.toThrow(
      "the model's output is 1×3, not rows of boxes and scores",
    );
    await expect(
      run('classification', classifier(32), path, { spec: { input: { layout: 'nhwc', width: 3 } } }),
    ).rejects.toMatchObject({ name: 'InputError' });
  });
});
