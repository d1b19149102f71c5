import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { InputError } from '../analytic.ts';

/** What went wrong ends in these lines of standard error. */
const keptErrorBytes = 8_192;

/**
 * Options before every input, of ffmpeg and ffprobe: only local files are opened, and only by readers of containers that hold media
 * themselves. Playlist formats would let a file name other files or hosts.
 */
export const safeInput = [
  '-protocol_whitelist',
  'file,pipe',
  '-format_whitelist',
  'mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,ogg,asf,gif,h264,hevc,ivf,obu,mxf,wav,mp3,flac,aac,apng,rawvideo,yuv4mpegpipe',
];

export function inputArguments(path: string): string[] {
  return [...safeInput, '-i', `file:${path}`];
}

interface Running {
  stdout: Readable;
  stop(): void;
  /** Settles when the process has ended; throws InputError for a non-zero exit. */
  done: Promise<void>;
}

/** Starts ffmpeg or ffprobe. Aborting the signal kills it; a missing program is a plain Error that says what to install. */
export function startProgram(program: 'ffmpeg' | 'ffprobe', args: string[], signal: AbortSignal): Running {
  signal.throwIfAborted();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-keptErrorBytes);
  });
  let stopped = false;
  const done = new Promise<void>((resolve, reject) => {
    child.on('error', (error) => {
      const missing = 'code' in error && error.code === 'ENOENT';
      reject(
        missing ? new Error(`${program} is not installed: install ffmpeg and make sure that it is on PATH`) : error,
      );
    });
    child.on('close', (code, killedBy) => {
      signal.removeEventListener('abort', kill);
      if (signal.aborted) reject(signal.reason as Error);
      else if (code === 0 || stopped) resolve();
      else if (killedBy !== null) reject(new Error(`${program} was killed by ${killedBy}`));
      else reject(failureOf(program, errors));
    });
  });
  // A reader that stops early may never look at the end.
  done.catch(() => undefined);
  return {
    stdout: child.stdout,
    done,
    stop() {
      stopped = true;
      kill();
    },
  };
}

/** A build without the wanted encoder or filter is no fault of the file. */
function failureOf(program: string, errors: string): Error {
  const lacking = /Unknown encoder '([^']*)'|No such filter: '([^']*)'|Unrecognized option '([^']*)'/.exec(errors);
  if (lacking === null) return new InputError(explain(errors));
  return new Error(
    `this build of ${program} has no ${lacking[1] ?? lacking[2] ?? `option ${lacking[3] ?? ''}`}: install a complete ffmpeg`,
  );
}

/** The telling line of ffmpeg's errors, without the file, which has another name here than where it came from. */
function explain(errors: string): string {
  const lines = errors
    .split('\n')
    .map((line) => line.replace(/^\[[^\]]*\]\s*/, '').trim())
    .filter((line) => line !== '');
  const telling =
    lines.findLast((line) => /invalid|error|not|no such|could|unknown|unsupported|moov/i.test(line)) ?? lines.at(-1);
  return `cannot be read as a video: ${(telling ?? 'unknown reason').replace(/(file:)?\/\S+\/[^/\s:]+:?\s*/g, '')}`;
}

/** Runs to the end and returns standard output, which must be small. */
export async function readOutput(program: 'ffmpeg' | 'ffprobe', args: string[], signal: AbortSignal): Promise<Buffer> {
  const running = startProgram(program, args, signal);
  const parts: Buffer[] = [];
  for await (const part of running.stdout) parts.push(part as Buffer);
  await running.done;
  return Buffer.concat(parts);
}

/**
 * Runs ffmpeg to the end, with its progress reported as seconds of output written. `args` are everything but the common
 * options; outputs may be overwritten.
 */
export async function runFfmpeg(
  args: string[],
  signal: AbortSignal,
  onSeconds?: (seconds: number) => void,
): Promise<void> {
  const running = startProgram('ffmpeg', ['-v', 'error', '-nostdin', '-y', '-progress', 'pipe:1', ...args], signal);
  let rest = '';
  for await (const part of running.stdout) {
    const lines = (rest + String(part)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const match = /^out_time_us=(\d+)/.exec(line);
      if (match !== null) onSeconds?.(Number(match[1]) / 1e6);
    }
  }
  await running.done;
}
