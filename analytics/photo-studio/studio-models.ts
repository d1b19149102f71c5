import { InputError } from '../analytic.ts';
import type { Pixels } from '../imaging/colour.ts';
import { resizePlane } from '../imaging/plane.ts';
import { infer } from '../onnx/annotate.ts';
import { findDetections } from '../onnx/detection.ts';
import { innerDims, pickOutput } from '../onnx/outputs.ts';
import { inputSize, preparePixels } from '../onnx/picture-input.ts';
import { parseSpec } from '../onnx/run.ts';
import { openModel, type OnnxModel } from '../onnx/session.ts';
import { onnxInput } from '../onnx/spec.ts';
import { faceAspect, type Face } from './face.ts';
import type { StudioSettings } from './settings.ts';
import type { StudioModels } from './studio.ts';

/** Size given to matting models that take any. */
const defaultMatteSide = 512;

/** Opens the models that take the place of the built-in face search and matting. Close them after the last photo. */
export async function loadStudioModels(settings: StudioSettings): Promise<StudioModels & { close(): Promise<void> }> {
  const opened: OnnxModel[] = [];
  const close = async () => {
    for (const model of opened) await model.close();
  };
  try {
    const models: StudioModels = {};
    if (settings.face_model !== undefined) {
      const model = await openModel(settings.face_model.path);
      opened.push(model);
      models.findFace = faceFinder(model, settings.face_model_spec);
    }
    if (settings.matting_model !== undefined) {
      const model = await openModel(settings.matting_model.path);
      opened.push(model);
      models.matte = matter(model, settings.matting_model_spec);
    }
    return { ...models, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The best box of a detector, as the ellipse that the other steps work with. */
function faceFinder(model: OnnxModel, given: Record<string, unknown>): NonNullable<StudioModels['findFace']> {
  const spec = parseSpec({ labels: ['face'], ...given, task: 'detection' });
  if (spec.task !== 'detection') throw new Error('a detection spec was asked for');
  const input = inputSize(model, spec.input);
  return async (pixels): Promise<Face | null> => {
    const prepared = await preparePixels(pixels, spec.input, input);
    const outputs = await infer(model, input.name, prepared);
    const best = findDetections(outputs, spec, prepared.placement, spec.labels.length)[0];
    if (best === undefined) return null;
    // Detectors frame faces more or less tightly: the width is the steadier side.
    return {
      cx: best.x + best.width / 2,
      cy: best.y + best.height / 2,
      width: best.width,
      height: best.width * faceAspect,
      score: best.score,
    };
  };
}

/** Alpha by a model that gives one map, 0 to 1, of any size. */
function matter(model: OnnxModel, given: Record<string, unknown>): NonNullable<StudioModels['matte']> {
  const parsed = onnxInput.safeParse({ ...freeSize(model), ...(given.input as object | undefined) });
  if (!parsed.success)
    throw new InputError(
      `parameter matting_model_spec: input.${parsed.error.issues[0]?.path.join('.') ?? ''} ${parsed.error.issues[0]?.message ?? ''}`,
    );
  const input = inputSize(model, parsed.data);
  const output = typeof given.output === 'string' ? given.output : undefined;
  return async (pixels: Pixels) => {
    const outputs = await infer(model, input.name, await preparePixels(pixels, parsed.data, input));
    const { data, dims } = pickOutput(outputs, output);
    const [height = 0, width = 0] = innerDims(dims, 2);
    if (width * height !== data.length)
      throw new InputError(`the matting model's output is ${dims.join('×')}, not one map`);
    const alpha = resizePlane({ width, height, data: Float32Array.from(data) }, pixels.width, pixels.height);
    return Uint8Array.from(alpha.data, (value) => Math.round(255 * Math.min(1, Math.max(0, value))));
  };
}

function freeSize(model: OnnxModel): { width?: number; height?: number } {
  const metadata = model.session.inputMetadata[0];
  const free =
    metadata !== undefined && metadata.isTensor && metadata.shape.some((side, i) => i > 1 && typeof side === 'string');
  return free ? { width: defaultMatteSide, height: defaultMatteSide } : {};
}
