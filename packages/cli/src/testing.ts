// The outside world of a command, for tests.
import { Readable, Writable } from 'node:stream';
import type { Input, Io, Output } from './io.ts';
import { run } from './program.ts';

export interface TestIo {
  io: Io;
  /** What was printed. */
  out(): string;
  err(): string;
}

export interface TestIoOptions {
  env?: Io['env'];
  cwd?: string;
  /** What is piped in; without it the input is a terminal that nobody types at. */
  input?: string;
  /** Columns of a terminal that output goes to; without it output goes to a pipe. */
  columns?: number;
  signal?: AbortSignal;
}

export function testIo(options: TestIoOptions = {}): TestIo {
  const [stdout, out] = recorder(options.columns);
  const [stderr, err] = recorder(options.columns);
  const stdin: Input = Readable.from(options.input === undefined ? [] : [Buffer.from(options.input)]);
  stdin.isTTY = options.input === undefined;
  const io = { stdin, stdout, stderr, env: { HOME: '/nonexistent', ...options.env }, cwd: options.cwd ?? '/nonexistent', signal: options.signal ?? new AbortController().signal };
  return { io, out, err };
}

/** Runs a command line; what it printed, and its exit code. */
export async function runCli(args: readonly string[], options: TestIoOptions = {}): Promise<{ code: number; out: string; err: string }> {
  const { io, out, err } = testIo(options);
  const code = await run(args, io);
  return { code, out: out(), err: err() };
}

function recorder(columns: number | undefined): [Output, () => string] {
  const parts: string[] = [];
  const output: Output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      parts.push(chunk.toString());
      done();
    },
  });
  output.isTTY = columns !== undefined;
  if (columns !== undefined) output.columns = columns;
  return [output, () => parts.join('')];
}
