import type { AnalyticManifest } from '@fovea/contract';

/** How much a program may take, beside its memory and its time. */
export interface RunLimits {
  /** Processes and their threads, at any one time. */
  processes: number;
  /** Bytes that lie in its own folders, at any one time. */
  diskBytes: number;
  /** Bytes that it says on standard output and standard error, status lines included. */
  logBytes: number;
}

/** What holds unless the manifest says otherwise. */
export const defaultLimits: RunLimits = { processes: 512, diskBytes: 16 * 1024 ** 3, logBytes: 64 * 1024 ** 2 };

/** The limits of an analytic that is a program. */
export function limitsOf({ runtime }: Pick<AnalyticManifest, 'runtime'>): RunLimits {
  const { processes, diskBytes, logBytes } = runtime as Partial<RunLimits>;
  return { processes: processes ?? defaultLimits.processes, diskBytes: diskBytes ?? defaultLimits.diskBytes, logBytes: logBytes ?? defaultLimits.logBytes };
}

/** What the system itself lets a program have: above the limit, so that who goes over it is seen and told, and far below what harms others. */
export const wallOfProcesses = ({ processes }: RunLimits): number => processes + Math.max(64, Math.ceil(processes / 4));

/** The program has taken more than it may; the message says of what, how much that is, and where it is raised. */
export class LimitError extends Error {
  override name = 'LimitError';
}

/** The largest file that the system lets it write: a little over what it may have in all, so that who goes over it is seen and told. */
export const wallOfFileBytes = ({ diskBytes }: RunLimits): number => diskBytes + 16 * 1024 ** 2;

/** Bytes as people read them, e.g. "64 MiB". */
export function shownBytes(bytes: number): string {
  const [size, unit] = bytes >= 1024 ** 3 ? [1024 ** 3, 'GiB'] : bytes >= 1024 ** 2 ? [1024 ** 2, 'MiB'] : [1024, 'KiB'];
  return `${Number((bytes / size).toFixed(1))} ${unit}`;
}

const raised = (name: keyof RunLimits): string => `"${name}" in the runtime of its manifest raises that.`;

export const tooManyProcesses = (count: number, { processes }: RunLimits): LimitError =>
  new LimitError(`The program had ${count} processes and threads at once; it may have ${processes}. ${raised('processes')}`);

export const wantedProcesses = ({ processes }: RunLimits): LimitError =>
  new LimitError(`The program asked for more than the ${processes} processes and threads that it may have at once, again and again. ${raised('processes')}`);

export const tooMuchOnDisk = (bytes: number, { diskBytes }: RunLimits): LimitError =>
  new LimitError(`The program wrote ${shownBytes(bytes)} into its folders; it may have ${shownBytes(diskBytes)} there. ${raised('diskBytes')}`);

export const tooManyFiles = (most: number): LimitError => new LimitError(`The program made more than ${most.toLocaleString('en')} files and folders, which is all that it may, or nested them deeper than a path can say.`);

export const tooMuchLog = ({ logBytes }: RunLimits): LimitError =>
  new LimitError(`The program said more than ${shownBytes(logBytes)} on standard output and standard error, which is all that it may. ${raised('logBytes')}`);
