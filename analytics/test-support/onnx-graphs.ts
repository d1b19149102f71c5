// Small models that tell colours apart, of each kind that is run: they come out as they must without having been trained.
import type { OnnxGraph } from './onnx-file.ts';

/** One channel against the other two: 1 for the pure colour, −1 for white less itself. */
const oneAgainstOthers = [1, -1, -1, -1, 1, -1, -1, -1, 1];

/** Scores of red, green and blue by the mean colour of the picture. */
export function colorClassifier(size: number | string): OnnxGraph {
  return {
    inputs: { image: [1, 3, size, size] },
    outputs: { scores: [1, 3] },
    constants: { weights: { dims: [3, 3, 1, 1], values: oneAgainstOthers.map((value) => value * 8) } },
    nodes: [
      { op: 'Conv', inputs: ['image', 'weights'], outputs: ['maps'], ints: { kernel_shape: [1, 1] } },
      { op: 'GlobalAveragePool', inputs: ['maps'], outputs: ['means'] },
      { op: 'Flatten', inputs: ['means'], outputs: ['scores'] },
    ],
  };
}

/** A score per class and cell of 8 pixels, with a fixed box of 24 pixels around each cell: 1 × 7 × 64, as YOLO v8 lays it out. */
export function colorDetector(): OnnxGraph {
  const boxes: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let cell = 0; cell < 64; cell++) {
    boxes[0].push((cell % 8) * 8 + 4);
    boxes[1].push(Math.floor(cell / 8) * 8 + 4);
    boxes[2].push(24);
    boxes[3].push(24);
  }
  return {
    inputs: { image: [1, 3, 64, 64] },
    outputs: { found: [1, 7, 64] },
    constants: {
      weights: { dims: [3, 3, 1, 1], values: oneAgainstOthers },
      boxes: { dims: [1, 4, 64], values: boxes.flat() },
      shape: { dims: [3], values: [1, 3, 64], int64: true },
    },
    nodes: [
      { op: 'Conv', inputs: ['image', 'weights'], outputs: ['maps'], ints: { kernel_shape: [1, 1] } },
      { op: 'Relu', inputs: ['maps'], outputs: ['positive'] },
      { op: 'AveragePool', inputs: ['positive'], outputs: ['cells'], ints: { kernel_shape: [8, 8], strides: [8, 8] } },
      { op: 'Reshape', inputs: ['cells', 'shape'], outputs: ['scores'] },
      { op: 'Concat', inputs: ['boxes', 'scores'], outputs: ['found'], ints: { axis: 1 } },
    ],
  };
}

/** Scores of a background and of one colour (0 red, 1 green, 2 blue) for each pixel, at any size. */
export function colorSegmenter(channel: 0 | 1 | 2): OnnxGraph {
  const ofColor = [-12, -12, -12].with(channel, 12);
  return {
    inputs: { image: [1, 3, 'height', 'width'] },
    outputs: { logits: [1, 2, 'height', 'width'] },
    constants: { weights: { dims: [2, 3, 1, 1], values: [0, 0, 0, ...ofColor] }, bias: { dims: [2], values: [3, 0] } },
    nodes: [{ op: 'Conv', inputs: ['image', 'weights', 'bias'], outputs: ['logits'], ints: { kernel_shape: [1, 1] } }],
  };
}
