import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { notedPid, serverEnvironment } from './cluster.ts';
import type { ServerPlace } from './server-place.ts';

/** A server process. */
export interface Postmaster {
  pid(): number;
  /** Why it ended, once it has. */
  ended(): string | undefined;
  exited: Promise<void>;
  /** Ends it in order (fast shutdown: sessions are cut off, everything is written). */
  stop(): Promise<void>;
}

/**
 * The shell between us and the server: it starts the server, and ends it (fast shutdown) when its standard input closes, which happens
 * when we close it and also when we are killed. Descriptor 3, the data folder, passes through to the server.
 */
const watcher = `exec 4<&0
"$@" 4<&- </dev/null & pid=$!
trap '' INT TERM HUP
( cat <&4 >/dev/null; kill -INT $pid ) 3<&- 2>/dev/null &
reader=$!
exec 4<&- 3<&-
wait $pid; code=$?
kill $reader 2>/dev/null
exit $code`;

const keptLines = 20;
const lastLinesMs = 500;
/** A fast shutdown that lasts longer is given up; the next start then recovers from the log, and nothing is lost. */
const stopDeadlineMs = 60_000;

export function spawnPostmaster(
  native: string,
  place: ServerPlace,
  settings: readonly string[],
  log: (line: string) => void,
): Postmaster {
  const { seenAs, owner, handle, cluster } = place;
  const child = spawn(
    '/bin/sh',
    ['-c', watcher, 'fovea-postgres', join(native, 'bin', 'postgres'), '-D', `${seenAs}/cluster`, ...settings],
    {
      ...owner,
      cwd: '/',
      stdio: ['pipe', 'ignore', 'pipe', handle],
      // Its own group: Ctrl-C in our terminal is for us, and we end the server in order.
      detached: true,
      env: serverEnvironment,
    },
  );
  const lastLines: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n').filter(Boolean)) {
      lastLines.push(line);
      if (lastLines.length > keptLines) lastLines.shift();
      log(line);
    }
  });
  child.stdin?.on('error', () => undefined);
  let reason: string | undefined;
  const exited = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      reason = error.message;
      resolve();
    });
    child.once('exit', (code, signal) => {
      // Lets the watcher's reader go.
      child.stdin?.destroy();
      const settle = () => {
        reason ??= whyEnded(lastLines) ?? `it ended with ${signal ?? `code ${code}`}`;
        resolve();
      };
      // `close` comes when the last line has been read; sessions of a killed server may hold the pipe open longer.
      child.once('close', settle);
      setTimeout(settle, lastLinesMs).unref();
    });
  });
  const pid = () => notedPid(cluster) ?? child.pid ?? 0;
  return {
    pid,
    ended: () => reason,
    exited,
    async stop() {
      child.stdin?.destroy();
      const giveUp = setTimeout(() => process.kill(pid(), 'SIGQUIT'), stopDeadlineMs);
      await exited;
      clearTimeout(giveUp);
    },
  };
}

/** The lines that say why; before its log is open the server speaks plainly. */
function whyEnded(lines: readonly string[]): string | undefined {
  const faults = lines.filter((line) => /FATAL|PANIC|ERROR|No space/.test(line) && !line.includes('is starting up'));
  return (
    (faults.length > 0
      ? faults
      : lines.filter((line) => line.startsWith('postgres: ') || line.includes('could not'))
    ).join(' ') || undefined
  );
}
