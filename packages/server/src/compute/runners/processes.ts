import { readdirSync, readFileSync, statSync } from 'node:fs';

/** A process as the system tells of it. */
export interface Process {
  pid: number;
  threads: number;
}

interface Known extends Process {
  parent: number;
  group: number;
  session: number;
}

/**
 * The processes of a run: those below its first one, of its group and session, and where given all of a user. Nothing where the system has
 * no /proc, as only Linux has.
 */
export function processesOf({ root, uid }: { root: number; uid?: number | undefined }): Process[] {
  const known = new Map<number, Known>();
  for (const name of list('/proc')) {
    const found = /^\d+$/.test(name) ? readProcess(Number(name)) : undefined;
    if (found) known.set(found.pid, found);
  }
  const answers = new Map<number, boolean>();
  const isOurs = (one: Known): boolean => {
    const before = answers.get(one.pid);
    if (before !== undefined) return before;
    // Against a ring of parents, which a number that was given anew while we read could make.
    answers.set(one.pid, false);
    const parent = known.get(one.parent);
    const ours = one.pid === root || one.group === root || one.session === root || (parent !== undefined && isOurs(parent)) || (uid !== undefined && ownerOf(one.pid) === uid);
    answers.set(one.pid, ours);
    return ours;
  };
  return [...known.values()].filter(isOurs);
}

/** Where `num_threads` stands in `/proc/PID/stat`, counted from the state. */
const threadsAt = 17;

/** Reads `/proc/PID/stat` (proc(5)); undefined when it has ended meanwhile. The name in it may hold anything. */
function readProcess(pid: number): Known | undefined {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  if (text === undefined) return undefined;
  const values = text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number);
  const [, parent = 0, group = 0, session = 0] = values;
  return { pid, parent, group, session, threads: values[threadsAt] ?? 1 };
}

/** Processes and threads of the whole machine (`/proc/loadavg`, proc(5)); 0 where the system does not tell. */
export function tasksOfMachine(): number {
  const text = attempt(() => readFileSync('/proc/loadavg', 'latin1'));
  return Number(/\d+\/(\d+)/.exec(text ?? '')?.[1] ?? 0);
}

function ownerOf(pid: number): number | undefined {
  return attempt(() => statSync(`/proc/${pid}`).uid);
}

/** Bytes on the disk of files that have no name any more, but which these processes hold open on one of these devices. */
export function namelessBytes(pids: readonly number[], devices: ReadonlySet<number>): number {
  const seen = new Map<string, number>();
  for (const pid of pids) {
    for (const name of list(`/proc/${pid}/fd`)) {
      const facts = attempt(() => statSync(`/proc/${pid}/fd/${name}`));
      if (facts?.isFile() && facts.nlink === 0 && devices.has(facts.dev)) seen.set(`${facts.dev} ${facts.ino}`, facts.blocks * 512);
    }
  }
  return [...seen.values()].reduce((sum, bytes) => sum + bytes, 0);
}

const list = (folder: string): string[] => attempt(() => readdirSync(folder)) ?? [];

/** What may go while it is read, or be nobody's business, is not there. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR'].includes(String((error as NodeJS.ErrnoException).code))) return undefined;
    throw error;
  }
}
