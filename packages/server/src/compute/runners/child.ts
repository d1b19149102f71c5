import { spawn } from 'node:child_process';
import { InputError } from '@fovea/analytics/analytic.ts';
import { RunnerError, type RunRequest } from './runner.ts';
import { shownBytes, tooMuchLog, wantedProcesses, type RunLimits } from './limits.ts';
import { lineCutter, readLine, type Status } from './status-lines.ts';
import { watchRun, type Belongings } from './watch.ts';

/** A program to start, with all that it is given. */
export interface Program {
  command: readonly string[];
  cwd: string;
  env: Record<string, string>;
  /** What is done to end it beyond killing its group, e.g. for processes that left the group. */
  kill?: () => Promise<void>;
  /** For messages. */
  name: string;
  memoryBytes: number;
  limits: RunLimits;
  /** The folders that it can write to. */
  folders: readonly string[];
  /** What else is watched over while it runs, given the process that was started. */
  belongings(pid: number | undefined): Promise<Belongings>;
  /** The code that says that what starts it failed, not itself. */
  ownFailure?: number;
}

/**
 * Runs a program to its end: its status lines become progress, everything else its log. At an abort its whole group is killed and the
 * signal's reason thrown; so it is when it takes more than its limits, with a LimitError. Throws InputError or Error by what it said or how
 * it ended.
 */
export async function runProgram(program: Program, { task }: Pick<RunRequest, 'task'>): Promise<void> {
  task.signal.throwIfAborted();
  const [command = '', ...args] = program.command;
  const child = spawn(command, args, { cwd: program.cwd, env: program.env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const { promise: exited, resolve, reject } = Promise.withResolvers<{ code: number | null; signal: NodeJS.Signals | null }>();
  child.once('error', (error) => reject(new RunnerError(`The program could not be started: ${error.message}`)));
  // Not 'close': a grandchild that holds the pipes open must not hold the job.
  child.once('exit', (code, signal) => resolve({ code, signal }));
  const stop = (): void => {
    killGroup(child.pid);
    void program.kill?.();
  };
  let excess: Error | undefined;
  const onExcess = (error: Error): void => {
    excess ??= error;
    stop();
  };
  const said = listen(child, task, { limits: program.limits, onExcess });
  const watch = watchRun({ folders: program.folders, belongings: () => program.belongings(child.pid), limits: program.limits, onExcess });
  task.signal.addEventListener('abort', stop, { once: true });
  if (task.signal.aborted) stop();
  try {
    const { code, signal } = await exited;
    watch.stop();
    // What it left running ends with it.
    killGroup(child.pid);
    await program.kill?.();
    await said.drained();
    task.signal.throwIfAborted();
    excess ??= await watch.left();
    if (excess) throw excess;
    judge(program, { code, signal }, said);
  } finally {
    watch.stop();
    task.signal.removeEventListener('abort', stop);
  }
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

interface Said {
  error: Status | undefined;
  broken: string | undefined;
  lastLines: string[];
  drained(): Promise<void>;
}

/** How shells and programs say that the system gave them no further process. */
const refusedFork = /Cannot fork\b|\bfork\b.*Resource temporarily unavailable/;
/** So many times it was no accident. */
const manyRefusals = 10;
const drainMs = 1_000;
const keptLines = 20;

function listen(child: ReturnType<typeof spawn>, task: RunRequest['task'], { limits, onExcess }: { limits: RunLimits; onExcess(error: Error): void }): Said {
  const said: Said = { error: undefined, broken: undefined, lastLines: [], drained: async () => undefined };
  const out = lineCutter((line) => {
    const read = readLine(line);
    if (read.kind === 'status') {
      if (read.status.error !== undefined) said.error = read.status;
      if (read.status.progress !== undefined) task.progress(read.status.progress, read.status.message);
      return;
    }
    if (read.kind === 'broken') said.broken ??= line;
    task.log(line);
  });
  let refusals = 0;
  const err = lineCutter((line) => {
    // A bomb that was at the wall, and came down before it was counted.
    if (refusedFork.test(line) && ++refusals === manyRefusals) onExcess(wantedProcesses(limits));
    if (line.trim() !== '') said.lastLines = [...said.lastLines.slice(1 - keptLines), line.trim()];
    task.log(line);
  });
  let bytes = 0;
  const take = (chunk: Buffer, cutter: typeof out): void => {
    const wasFull = bytes > limits.logBytes;
    bytes += chunk.length;
    if (bytes <= limits.logBytes) cutter.write(chunk);
    else if (!wasFull) onExcess(tooMuchLog(limits));
  };
  const ends = [
    { stream: child.stdout, cutter: out },
    { stream: child.stderr, cutter: err },
  ].map(({ stream, cutter }) => {
    stream?.on('data', (chunk: Buffer) => take(chunk, cutter));
    // A pipe that breaks says no more than its end.
    stream?.on('error', () => undefined);
    return new Promise<void>((resolve) => (stream ? stream.once('close', () => (cutter.end(), resolve())) : resolve()));
  });
  said.drained = async () => {
    const timer = new Promise<void>((resolve) => setTimeout(resolve, drainMs).unref());
    await Promise.race([Promise.all(ends), timer]);
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  return said;
}

/** Which of its limits a program speaks of, when the system gave it nothing more. */
function wallHit(words: string, { processes, diskBytes }: RunLimits): string {
  if (refusedFork.test(words) || /EAGAIN|can't start new thread/.test(words)) return ` (it may have ${processes} processes and threads at once: "processes" in the runtime of its manifest)`;
  if (/File too large|File size limit exceeded|EFBIG/.test(words)) return ` (it may have ${shownBytes(diskBytes)} on disk: "diskBytes" in the runtime of its manifest)`;
  return '';
}

function judge(program: Program, { code, signal }: { code: number | null; signal: NodeJS.Signals | null }, said: Said): void {
  if (said.error) {
    const message = said.error.error ?? '';
    throw said.error.cause === 'user' ? new InputError(message) : new Error(message);
  }
  // The line that names an error says more than what a runtime prints after it.
  const words = said.lastLines.findLast((line) => /\b\w*(error|exception|fatal)\b/i.test(line) && !line.startsWith('at ')) ?? said.lastLines.at(-1);
  const last = words === undefined ? '' : ` Its last words: ${words.slice(0, 500)}`;
  if (code !== null && code === program.ownFailure) throw new RunnerError(`The container could not be started.${last}`);
  const killed = signal ?? (code === 137 ? 'SIGKILL' : code === 139 ? 'SIGSEGV' : code === 134 ? 'SIGABRT' : null);
  if (killed === 'SIGKILL') throw new Error(`The program was killed; most likely it needed more than the memory that it may use (${Math.round(program.memoryBytes / 1024 / 1024)} MiB).${last}`);
  if (killed !== null) throw new Error(`The program was ended by ${killed}.${last}`);
  if (code === 127 || code === 126) throw new Error(`The program "${program.name}" ${code === 127 ? 'was not found' : 'cannot be executed'} where the job runs.${last}`);
  if (code !== 0) throw new Error(`The program ended with code ${code}.${last}${wallHit(last, program.limits)}`);
  if (said.broken !== undefined) throw new Error(`The program printed half a JSON as a status line: ${said.broken.slice(0, 200)}`);
}
