/** One measured number, as `--json` prints it. `ok` undefined: a figure without a goal of its own. */
export interface Figure {
  readonly bench: string;
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: string | undefined;
  readonly ok: boolean | undefined;
  readonly n: number;
}

export type Scale = 'quick' | 'full';

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Runs something several times; gives the seconds of each. */
export async function times(runs: number, work: () => Promise<unknown>): Promise<number[]> {
  const seconds: number[] = [];
  for (let run = 0; run < runs; run++) {
    const started = performance.now();
    await work();
    seconds.push((performance.now() - started) / 1_000);
  }
  return seconds;
}
