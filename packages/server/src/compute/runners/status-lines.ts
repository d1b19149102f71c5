import { StringDecoder } from 'node:string_decoder';

/** What a program says about itself on standard output, a JSON object to a line; every other line is its log. */
export interface Status {
  progress?: number;
  message?: string;
  /** It fails, and says why; `cause` is `user` where the input is at fault. */
  error?: string;
  cause?: string;
}

const maxLine = 16_384;

/** Cuts a stream into lines; of a line that does not end, only the beginning is kept. `ended` tells whether a line break came. */
export function lineCutter(onLine: (line: string, ended: boolean) => void): { write(chunk: Buffer): void; end(): void } {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string): void => {
    let start = 0;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', start)) {
      onLine((rest + text.slice(start, at)).slice(0, maxLine).replace(/\r$/, ''), true);
      rest = '';
      start = at + 1;
    }
    if (rest.length < maxLine) rest += text.slice(start, start + maxLine);
  };
  return {
    write: (chunk) => take(decoder.write(chunk)),
    end() {
      take(decoder.end());
      if (rest !== '') onLine(rest, false);
      rest = '';
    },
  };
}

/** Reads a line: a status, a line of the log, or a status that broke off. */
export function readLine(line: string): { kind: 'status'; status: Status } | { kind: 'log' } | { kind: 'broken' } {
  if (!/^\{\s*"/.test(line)) return { kind: 'log' };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { kind: 'broken' };
  }
  const given = value as Record<string, unknown>;
  const status: Status = {};
  if (typeof given['progress'] === 'number') status.progress = given['progress'];
  if (typeof given['error'] === 'string') status.error = given['error'];
  if (typeof given['cause'] === 'string') status.cause = given['cause'];
  if (status.progress === undefined && status.error === undefined) return { kind: 'log' };
  if (typeof given['message'] === 'string') status.message = given['message'];
  return { kind: 'status', status };
}
