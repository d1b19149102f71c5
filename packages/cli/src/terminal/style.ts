import type { Io, Output } from '../io.ts';

/** Colours and weights, or nothing where they do not belong. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

/** A style for an output: on terminals only, and not with NO_COLOR (https://no-color.org) or TERM=dumb. */
export function styleFor(output: Output, env: Io['env']): Style {
  const on = output.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  const code = (start: number, end: number) => (text: string) => (on ? `\u001b[${start}m${text}\u001b[${end}m` : text);
  return { bold: code(1, 22), dim: code(2, 22), red: code(31, 39), green: code(32, 39), yellow: code(33, 39), cyan: code(36, 39) };
}
