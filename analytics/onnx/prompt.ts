import type { Tensor } from 'onnxruntime-node';
import { InputError } from '../analytic.ts';
import type { Placement } from './picture-input.ts';
import type { OnnxModel } from './session.ts';
import type { OnnxSpec } from './spec.ts';

/** Tensors beside the picture, by the name of the input. */
export type PromptInputs = Record<string, Tensor>;

const onObject = 1;

/** What a model that is told where to look is given: the place of the spec, in the pixels of its picture input. */
export function promptOf(model: OnnxModel, spec: OnnxSpec, placement: Placement): PromptInputs {
  if (spec.task !== 'segmentation' || spec.prompt === undefined) return {};
  if (spec.point === undefined) throw new InputError('the model is told where to look: the parameter point, [x, y] in pixels of the picture, is needed');
  const [x, y] = spec.point;
  const { points, labels } = spec.prompt;
  const place = [x * placement.scaleX + placement.offsetX, y * placement.scaleY + placement.offsetY];
  return {
    [points]: tensorFor(model, points, place, 3),
    ...(labels === undefined ? {} : { [labels]: tensorFor(model, labels, [onObject], 2) }),
  };
}

/** Of the type and with as many dimensions as the model says (those that it leaves open: `rank`), all but the last of length one. */
function tensorFor(model: OnnxModel, name: string, values: readonly number[], rank: number): Tensor {
  const { runtime, session } = model;
  const metadata = session.inputMetadata.find((input) => input.name === name);
  if (metadata === undefined || !metadata.isTensor) throw new InputError(`the model has no input ${name}; it has ${session.inputNames.join(', ')}`);
  const count = metadata.shape.length > 0 ? metadata.shape.length : rank;
  const last = values.length === 1 ? [1] : [values.length];
  const dims = [...Array.from({ length: count - 1 }, () => 1), ...last];
  if (metadata.type === 'int64') return new runtime.Tensor('int64', BigInt64Array.from(values, (value) => BigInt(Math.round(value))), dims);
  if (metadata.type === 'int32') return new runtime.Tensor('int32', Int32Array.from(values, Math.round), dims);
  return new runtime.Tensor('float32', Float32Array.from(values), dims);
}
