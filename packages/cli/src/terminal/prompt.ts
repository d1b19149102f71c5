import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { UsageError } from '../failure.ts';
import { isInteractive, type Io } from '../io.ts';

/** Asks on the terminal; UsageError with `otherwise` where there is none. */
export async function ask(io: Io, question: string, options: { hidden?: boolean; fallback?: string; otherwise: string }): Promise<string> {
  if (!isInteractive(io)) throw new UsageError(options.otherwise);
  const shown = options.fallback === undefined ? question : `${question} [${options.fallback}]`;
  // What is typed in secret is not echoed.
  const echo = new Writable({ write: (chunk: Buffer, _encoding, done) => (options.hidden ? done() : io.stderr.write(chunk, () => done())) });
  const lines = createInterface({ input: io.stdin, output: echo, terminal: true });
  // Only now: until the interface has the terminal, that would echo what is typed or pasted.
  if (options.hidden) io.stderr.write(`${shown}: `);
  try {
    const answer = await lines.question(options.hidden ? '' : `${shown}: `, { signal: io.signal });
    return answer.trim() || (options.fallback ?? '');
  } finally {
    lines.close();
    if (options.hidden) io.stderr.write('\n');
  }
}

/** All of standard input, when something is piped into it. */
export async function readPiped(io: Io): Promise<string | undefined> {
  if (io.stdin.isTTY === true) return undefined;
  const parts: Buffer[] = [];
  for await (const part of io.stdin) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts).toString('utf8').trim();
}
