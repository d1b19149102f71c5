import type { AnnotationContent } from '@fovea/contract';
import { InputError } from '../analytic.ts';
import { readClassification } from './classification.ts';
import { readDetections } from './detection.ts';
import type { ModelOutput } from './outputs.ts';
import { inputSize, preparePicture, type PreparedPicture } from './picture-input.ts';
import { promptOf, type PromptInputs } from './prompt.ts';
import { readSegmentation } from './segmentation.ts';
import { openModel, type OnnxModel } from './session.ts';
import type { OnnxSpec } from './spec.ts';

/** A model with its spec, ready for pictures. */
export interface Annotator {
  annotate(picturePath: string): Promise<AnnotationContent[]>;
  close(): Promise<void>;
}

/** Opens a model and checks that spec and model fit. Throws InputError where they do not. */
export async function openAnnotator(modelPath: string, spec: OnnxSpec): Promise<Annotator> {
  const model = await openModel(modelPath);
  try {
    const input = inputSize(model, spec.input);
    return {
      async annotate(picturePath) {
        const prepared = await preparePicture(picturePath, spec.input, input);
        const outputs = await infer(model, input.name, prepared, promptOf(model, spec, prepared.placement));
        return read(outputs, spec, prepared);
      },
      close: () => model.close(),
    };
  } catch (error) {
    await model.close();
    throw error;
  }
}

function read(outputs: ModelOutput[], spec: OnnxSpec, { placement }: PreparedPicture): AnnotationContent[] {
  if (spec.task === 'classification') return readClassification(outputs, spec, spec.labels);
  if (spec.task === 'detection') return readDetections(outputs, spec, spec.labels, placement);
  return readSegmentation(outputs, spec, spec.labels, placement);
}

/** Runs the model once. Throws InputError where it refuses its input. */
export async function infer(
  model: OnnxModel,
  inputName: string,
  prepared: PreparedPicture,
  further: PromptInputs = {},
): Promise<ModelOutput[]> {
  const { Tensor } = model.runtime;
  const tensor =
    prepared.data instanceof Uint8Array
      ? new Tensor('uint8', prepared.data, prepared.dims)
      : new Tensor('float32', prepared.data, prepared.dims);
  let results: Awaited<ReturnType<typeof model.session.run>>;
  try {
    results = await model.session.run({ [inputName]: tensor, ...further });
  } catch (error) {
    throw new InputError(
      `the model refuses its input: ${(error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''}`,
      { cause: error },
    );
  }
  return Object.entries(results).map(([name, value]) => {
    if (!('dims' in value) || !('data' in value)) throw new InputError(`output ${name} of the model is not a tensor`);
    const data = value.data;
    // 64-bit class numbers come as BigInt.
    const numbers =
      data instanceof BigInt64Array || data instanceof BigUint64Array
        ? Float64Array.from(data, Number)
        : (data as ArrayLike<number>);
    return { name, dims: value.dims, data: numbers };
  });
}
