import type { Readable, Writable } from 'node:stream';

/** A stream that may be a terminal. */
export type Output = Writable & { isTTY?: boolean; columns?: number };
export type Input = Readable & { isTTY?: boolean };

/** Everything of the outside world that commands touch; tests bring their own. */
export interface Io {
  stdin: Input;
  stdout: Output;
  stderr: Output;
  env: Record<string, string | undefined>;
  /** Where the command was called. */
  cwd: string;
  /** Aborted at the first interrupt, so that running transfers can end in order. */
  signal: AbortSignal;
}

/** Whether lines may be overwritten and keys asked for. */
export function isInteractive(io: Io): boolean {
  return io.stdin.isTTY === true && io.stderr.isTTY === true;
}

/** Writes a line to standard output. */
export function print(io: Io, line = ''): void {
  io.stdout.write(`${line}\n`);
}

/** Writes a line for people to standard error, where it does not mix with results. */
export function note(io: Io, line = ''): void {
  io.stderr.write(`${line}\n`);
}
