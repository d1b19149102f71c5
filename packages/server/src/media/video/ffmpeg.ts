import { spawn } from 'node:child_process';

/** ffmpeg is not installed, or not on PATH. */
export class FfmpegMissingError extends Error {
  override name = 'FfmpegMissingError';
}

/** ffmpeg ended with an error; the message has its last words. */
export class FfmpegError extends Error {
  override name = 'FfmpegError';
}

export interface FfmpegRun {
  readonly program?: 'ffmpeg' | 'ffprobe';
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  /** Standard output beyond this ends the run. */
  readonly maxOutputBytes?: number;
  /** Sees every line of standard error as it comes. */
  readonly onLine?: (line: string) => void;
}

const keptLines = 20;

/**
 * Runs ffmpeg or ffprobe from PATH, without a shell.
 * @throws FfmpegMissingError, FfmpegError, or the reason of the signal
 */
export async function runFfmpeg(args: readonly string[], run: FfmpegRun = {}): Promise<Buffer> {
  const { program = 'ffmpeg', signal, timeoutMs = 600_000, maxOutputBytes = 256 * 1024 ** 2, onLine } = run;
  signal?.throwIfAborted();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL', ...(signal ? { signal } : {}) });
  const output: Buffer[] = [];
  let outputBytes = 0;
  let isTooLong = false;
  child.stdout.on('data', (part: Buffer) => {
    outputBytes += part.length;
    if (outputBytes <= maxOutputBytes) output.push(part);
    else if (!isTooLong) {
      isTooLong = true;
      child.kill('SIGKILL');
    }
  });
  const lines = followLines(child.stderr, onLine);
  const code = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      // An aborted child still has to end: its close event follows.
      if (error.name === 'AbortError') return;
      reject(error.code === 'ENOENT' ? new FfmpegMissingError(`${program} is not on PATH: install ffmpeg to read frames of videos`) : error);
    });
    child.once('close', (exit, killedBy) => resolve(exit ?? killedBy));
  });
  signal?.throwIfAborted();
  if (isTooLong) throw new FfmpegError(`${program} wrote more than ${maxOutputBytes} bytes`);
  if (code === 'SIGKILL') throw new FfmpegError(`${program} did not end within ${timeoutMs / 1000} s`);
  if (code !== 0) throw new FfmpegError(`${program} failed (${code}): ${lines.slice(-3).join(' | ').slice(0, 500)}`);
  return Buffer.concat(output);
}

function followLines(stream: NodeJS.ReadableStream, onLine?: (line: string) => void): string[] {
  const last: string[] = [];
  let rest = '';
  stream.setEncoding('utf8');
  const take = (line: string): void => {
    if (line.trim() === '') return;
    onLine?.(line);
    last.push(line.trim());
    if (last.length > keptLines) last.shift();
  };
  stream.on('data', (part: string) => {
    const parts = (rest + part).split(/[\r\n]/);
    rest = (parts.pop() ?? '').slice(0, 65_536);
    parts.forEach(take);
  });
  stream.on('end', () => take(rest));
  return last;
}

/**
 * Arguments that name an input file: always a file, never another protocol, and only containers that hold their own
 * samples (no play lists, which could name other files).
 */
export function inputArguments(path: string): string[] {
  const formats = 'mov,mp4,matroska,webm,mpegts,avi,ogg,mpeg,mpegvideo,flv,asf,wav,mp3,flac,aac';
  return ['-protocol_whitelist', 'file', '-format_whitelist', formats, '-i', `file:${path}`];
}
