import { InputError } from '../analytic.ts';

/** An output of a model as plain numbers. */
export interface ModelOutput {
  name: string;
  dims: readonly number[];
  data: ArrayLike<number>;
}

/** The output of that name, or the only (first) one. Throws InputError that lists what there is. */
export function pickOutput(outputs: ModelOutput[], name: string | undefined): ModelOutput {
  const found = name === undefined ? outputs[0] : outputs.find((output) => output.name === name);
  if (found === undefined)
    throw new InputError(
      `the model has no output ${name ?? ''}; it has ${outputs.map((output) => output.name).join(', ')}`,
    );
  return found;
}

/** The dimensions without those of length one in front. */
export function innerDims(dims: readonly number[], wanted: number): number[] {
  const out = [...dims];
  while (out.length > wanted && out[0] === 1) out.shift();
  return out;
}

export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** Probabilities that sum to 1, computed without overflow. */
export function softmax(scores: ArrayLike<number>): Float64Array {
  let most = -Infinity;
  for (let i = 0; i < scores.length; i++) most = Math.max(most, scores[i] ?? 0);
  const out = Float64Array.from(scores, (score) => Math.exp(score - most));
  const sum = out.reduce((total, value) => total + value, 0);
  return out.map((value) => value / sum);
}
