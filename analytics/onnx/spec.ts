import { z } from 'zod';

/** What stands before and behind a model: how pictures become its input, and what its outputs mean. */
const size = z.int().min(1).max(8_192);
const threeNumbers = z.array(z.number()).min(1).max(3);

export const onnxInput = z.object({
  /** Unset: the model's only input. */
  name: z.string().optional(),
  /** Unset: as the model says; needed where the model takes any size. */
  width: size.optional(),
  height: size.optional(),
  layout: z.enum(['nchw', 'nhwc']).default('nchw'),
  channels: z.enum(['rgb', 'bgr', 'grey']).default('rgb'),
  /** Pixel values 0–255 are multiplied by this first. */
  scale: z.number().default(1 / 255),
  /** Then the mean is taken away and the result divided by the deviation, per channel. */
  mean: threeNumbers.default([0]),
  std: threeNumbers.default([1]),
  type: z.enum(['float32', 'uint8']).default('float32'),
  /** How the picture meets the input's size: distorted, whole with padding, or its middle part. */
  fit: z.enum(['stretch', 'letterbox', 'crop']).default('stretch'),
  /** Grey value of the padding, 0–255. */
  padValue: z.number().min(0).max(255).default(114),
});

const share = z.number().min(0).max(1);

export const onnxClassification = z.object({
  task: z.literal('classification'),
  output: z.string().optional(),
  /** What turns scores into probabilities. */
  activation: z.enum(['none', 'softmax', 'sigmoid']).default('softmax'),
  topK: z.int().min(1).max(1_000).default(1),
  threshold: share.default(0),
});

export const onnxDetection = z.object({
  task: z.literal('detection'),
  /**
   * `rows`: one output 1×N×(4+C) or 1×(4+C)×N of boxes and class scores, as YOLO v8 has;
   * `rows_objectness`: 1×N×(5+C), the fifth an objectness that multiplies the scores, as YOLO v5 has;
   * `separate`: outputs of their own for boxes (N×4), scores (N or N×C) and, if scores are single, classes (N).
   */
  form: z.enum(['rows', 'rows_objectness', 'separate']).default('rows'),
  output: z.string().optional(),
  boxes: z.string().optional(),
  scores: z.string().optional(),
  classes: z.string().optional(),
  coordinates: z.enum(['cxcywh', 'xyxy', 'xywh', 'yxyx']).default('cxcywh'),
  /** Coordinates are fractions of the input's size, not its pixels. */
  normalized: z.boolean().default(false),
  activation: z.enum(['none', 'sigmoid']).default('none'),
  threshold: share.default(0.25),
  /** Of boxes of one class that overlap by more than this IoU only the best is kept. */
  nmsIou: share.default(0.45),
  /** Overlapping boxes compete whatever their classes. */
  classAgnostic: z.boolean().default(false),
  maxDetections: z.int().min(1).max(100_000).default(300),
});

export const onnxSegmentation = z.object({
  task: z.literal('segmentation'),
  output: z.string().optional(),
  /** C×H×W scores per class, or (with one channel) the probability of the first label. `none`: H×W class numbers. */
  activation: z.enum(['argmax', 'sigmoid', 'probability', 'none']).default('argmax'),
  threshold: share.default(0.5),
  /** Labels that are not reported, such as the background. */
  ignore: z.array(z.string()).default(['background']),
  as: z.enum(['mask', 'polygon']).default('mask'),
  /** Least area of a label's mask, or of a polygon, in pixels of the picture. */
  minArea: z.number().min(0).default(16),
  /** A place on the picture, in pixels: only what lies there in one piece is reported. */
  point: z.tuple([z.number(), z.number()], 'must be [x, y] in pixels of the picture').optional(),
  /** Of a model that is told where to look: its inputs for places (x and y in pixels of its picture) and for what they are (1: on the object). */
  prompt: z.object({ points: z.string(), labels: z.string().optional() }).optional(),
});

export const onnxSpec = z.intersection(
  z.object({ labels: z.array(z.string().min(1)).max(100_000).default([]), input: onnxInput.prefault({}) }),
  z.discriminatedUnion('task', [onnxClassification, onnxDetection, onnxSegmentation]),
);
export type OnnxSpec = z.infer<typeof onnxSpec>;
export type OnnxInputSpec = z.infer<typeof onnxInput>;
export type OnnxClassification = z.infer<typeof onnxClassification>;
export type OnnxDetection = z.infer<typeof onnxDetection>;
export type OnnxSegmentation = z.infer<typeof onnxSegmentation>;

/** Name of a class: its label, or its number where the list is too short. */
export function labelName(labels: string[], index: number): string {
  return labels[index] ?? `class ${index}`;
}
