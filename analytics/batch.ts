import { InputError, type InputFailure, type InputFile } from './analytic.ts';

export interface EachOptions {
  concurrency: number;
  signal: AbortSignal;
  progress?: (fraction: number, message?: string) => void;
}

/**
 * Works on each input, a few at a time. An InputError is kept as that input's failure while the others go on; any other
 * error ends the run, after the inputs in hand are done. Failures come in the order of the inputs.
 */
export async function eachInput(
  inputs: InputFile[],
  options: EachOptions,
  work: (input: InputFile) => Promise<void>,
): Promise<InputFailure[]> {
  const failures = new Map<number, InputFailure>();
  let next = 0;
  let done = 0;
  let broken: unknown;
  const worker = async () => {
    while (next < inputs.length && broken === undefined) {
      const index = next;
      next += 1;
      const input = inputs[index] as InputFile;
      try {
        options.signal.throwIfAborted();
        await work(input);
      } catch (error) {
        if (error instanceof InputError)
          failures.set(index, { from: input, message: `${input.name}: ${error.message}` });
        else broken ??= error;
      }
      done += 1;
      options.progress?.(done / inputs.length, input.name);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.concurrency, inputs.length) }, worker));
  if (broken !== undefined) throw broken;
  return [...failures.entries()].toSorted(([a], [b]) => a - b).map(([, failure]) => failure);
}

/** A run in which nothing could be done is a failed run: throws InputError with all messages. */
export function throwIfAllFailed(inputs: InputFile[], failures: InputFailure[]): void {
  if (inputs.length === 0 || failures.length < inputs.length) return;
  const shown = failures.slice(0, 20).map(({ message }) => message);
  const more = failures.length > shown.length ? [`and ${failures.length - shown.length} more`] : [];
  throw new InputError([...shown, ...more].join('; '));
}

/** Gives each output a name of its own: a second `a.jpg` becomes `a (2).jpg`. */
export class OutputNames {
  readonly #used = new Set<string>();

  unique(name: string): string {
    let candidate = name;
    for (let n = 2; this.#used.has(candidate.toLowerCase()); n++) candidate = numbered(name, n);
    this.#used.add(candidate.toLowerCase());
    return candidate;
  }
}

function numbered(name: string, n: number): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? `${name.slice(0, dot)} (${n})${name.slice(dot)}` : `${name} (${n})`;
}
