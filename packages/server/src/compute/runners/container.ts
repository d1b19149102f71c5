import { execFile, spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from '../../logger.ts';
import { runProgram } from './child.ts';
import { collectResult } from './collect.ts';
import { containerBelongings } from './container-belongings.ts';
import { ImageStore } from './images.ts';
import { limitsOf, wallOfFileBytes, wallOfProcesses } from './limits.ts';
import { RunnerError, RunnerMissing, type Runner, type RunRequest } from './runner.ts';
import { canMakeNetworks, openOwnNetwork } from './own-network.ts';
import { returnUser, takeUser } from './sandbox.ts';
import { layTaskFolder, writableFolders } from './task-folder.ts';
import { defaultMemoryBytes, environment } from './process.ts';

const run = promisify(execFile);
const inside = '/job';
/** What podman and docker end with when they could not start the container. */
const engineFailed = 125;

/** A program that runs containers. */
export interface ContainerEngine {
  program: 'podman' | 'docker';
  /** Arguments that this machine needs with `run`. */
  options: readonly string[];
}

let known: ContainerEngine | null | undefined;

/** Finds podman or docker, once; undefined when neither works. */
export function findContainerEngine(): ContainerEngine | undefined {
  if (known !== undefined) return known ?? undefined;
  for (const program of ['podman', 'docker'] as const) {
    if (spawnSync(program, ['info'], { stdio: 'ignore', timeout: 20_000 }).status !== 0) continue;
    // crun of older distributions does not start on cgroup version 1; runc does.
    const runc = program === 'podman' && spawnSync('runc', ['--version'], { stdio: 'ignore' }).status === 0;
    return (known = { program, options: runc ? ['--runtime', 'runc'] : [] });
  }
  known = null;
  return undefined;
}

/** What a door adds for containers that speak its own protocol. */
export interface ContainerProtocol {
  /** The environment of the container, instead of the task file's. */
  environment(request: RunRequest): Promise<Record<string, string>>;
  /** The platform's address in that environment: all that the container may reach. */
  platform: URL;
  /** What the run gave; called when the container has ended well. */
  result(request: RunRequest): ReturnType<Runner['run']>;
  /** Why it failed, where it has said so; called when the container has ended otherwise. */
  fault(request: RunRequest): Promise<Error | undefined>;
}

export interface ContainerRunnerDeps {
  /** Undefined where neither works: every job fails and says so. */
  engine: ContainerEngine | undefined;
  /** The protocol of a job's analytic, where it is not ours. */
  protocolOf?(jobId: string): Promise<ContainerProtocol | undefined>;
  /** Which of the files of images (the first 40 digits of their SHA-256) belong to an analytic that is still there. Without it all images stay. */
  wantedImages?(digests: readonly string[]): Promise<ReadonlySet<string>>;
  logger?: Pick<Logger, 'warn' | 'info'>;
}

/** How often images that no analytic has any more are looked for. */
const pruneMs = 6 * 3_600_000;

/** Runs analytics that are container images: the task file and the folders are those of programs, under `/job`. */
export function containerRunner({ engine, protocolOf, wantedImages, logger }: ContainerRunnerDeps): Runner {
  const images = engine && new ImageStore(engine);
  const prune = async (): Promise<void> => {
    if (!images || !wantedImages) return;
    const removed = await images.prune(wantedImages);
    if (removed.length > 0) logger?.info({ images: removed }, 'images of deleted analytics were removed');
  };
  const pruning = setInterval(() => void prune().catch((error: unknown) => logger?.warn({ error: String(error) }, 'images were not looked through')), pruneMs).unref();
  return {
    async run(request) {
      const { runtime } = request.manifest;
      if (runtime.kind !== 'container') throw new RunnerError(`The container runner was given an analytic of the kind "${runtime.kind}".`);
      if (!engine || !images) throw new RunnerMissing('This platform runs no containers: neither podman nor docker works here. Install podman where the worker runs.');
      const protocol = await protocolOf?.(request.job.id);
      return images.use(request, (image) => (protocol ? runByProtocol(engine, { request, image, protocol }) : runOwn(engine, { request, image })));
    },
    close: async () => clearInterval(pruning),
  };
}

/** A container that reads the task file, as programs do; it is a user without rights on a read-only system. */
async function runOwn(engine: ContainerEngine, { request, image }: { request: RunRequest; image: string }): ReturnType<Runner['run']> {
  const { runtime } = request.manifest;
  const user = takeUser();
  try {
    const laid = await layTaskFolder(request, { inside, user });
    // The image says itself where its programs are.
    const { PATH: _path, ...env } = environment(request, { inside });
    const open = runtime.kind === 'container' && runtime.network;
    const options = ['--network', open ? 'host' : 'none', '--read-only', ...(user === undefined ? [] : ['--user', `${user.uid}:${user.gid}`])];
    await runContainer(engine, { request, image, env, options, volumes: ['given:ro', 'out', 'tmp'] });
    return await collectResult(request, laid.toHost);
  } finally {
    returnUser(user);
  }
}

/** Users of containers with a protocol of their own: root there is nobody here. */
const firstMappedUser = 200_000;
const mappedUsers = 65_536;
/** What images expect of their root; within the mapped users these reach nothing of the machine's. */
const rightsOfRoot = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'].flatMap((right) => ['--cap-add', right]);

/** A container that speaks a door's protocol and may be made as if it had a machine to itself: what it changes there is gone with it. */
async function runByProtocol(engine: ContainerEngine, given: { request: RunRequest; image: string; protocol: ContainerProtocol }): ReturnType<Runner['run']> {
  const { request, image, protocol } = given;
  const { folder, job } = request;
  const walled = engine.program === 'podman' && canMakeNetworks();
  const network = walled ? await openOwnNetwork({ id: `fovea-${job.id}`, folder, platform: protocol.platform }) : undefined;
  const mapped = [`0:${firstMappedUser}:${mappedUsers}`].flatMap((map) => ['--uidmap', map, '--gidmap', map]);
  const options = ['--network', network?.name ?? 'host', ...(network ? [...mapped, ...rightsOfRoot] : []), ...(network?.hosts ?? []).flatMap((host) => ['--add-host', host])];
  try {
    await runContainer(engine, { request, image, env: await protocol.environment(request), options, volumes: [] });
  } catch (error) {
    request.task.signal.throwIfAborted();
    throw (await protocol.fault(request)) ?? error;
  } finally {
    await network?.close();
  }
  return protocol.result(request);
}

/** Sets nothing in a network that is not its own to change. */
const engineSettings = '[containers]\ndefault_sysctls = []\n';

async function runContainer(engine: ContainerEngine, given: { request: RunRequest; image: string; env: Record<string, string>; options: readonly string[]; volumes: readonly string[] }): Promise<void> {
  const { request, image, env, options, volumes } = given;
  const { runtime } = request.manifest;
  if (runtime.kind !== 'container') return;
  const { folder, job } = request;
  const name = `fovea-${job.id}-${job.ticket}`;
  const memoryBytes = runtime.memoryBytes ?? defaultMemoryBytes;
  const limits = limitsOf(request.manifest);
  const processes = wallOfProcesses(limits);
  // One that a worker before us left behind when it was killed.
  await run(engine.program, ['rm', '--force', name]).catch(() => undefined);
  await mkdir(join(folder, 'given', 'out'), { recursive: true });
  // By files: command lines can be read by everybody on the machine.
  const [envFile, settings] = [join(folder, 'env'), join(folder, 'containers.conf')];
  await writeFile(envFile, Object.entries(env).map(([key, value]) => `${key}=${value}\n`).join(''), { mode: 0o600 });
  await writeFile(settings, engineSettings);
  const shared = volumes.flatMap((volume) => ['--volume', `${join(folder, volume.split(':')[0] ?? '')}:${inside}/${volume}`]);
  const command = [
    engine.program, 'run', '--rm', '--name', name, '--pull', 'never', ...engine.options, ...options,
    '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--ipc', 'private',
    '--pids-limit', String(processes), '--memory', String(memoryBytes), '--ulimit', 'nofile=4096:4096', '--ulimit', `nproc=${Math.max(1_000, processes)}`, '--ulimit', 'core=0:0',
    '--ulimit', `fsize=${wallOfFileBytes(limits)}`,
    ...shared, ...(volumes.includes('tmp') ? ['--volume', `${join(folder, 'tmp')}:/tmp`] : []),
    '--env-file', envFile,
    image, ...(runtime.command ?? []),
  ];
  const kill = async (): Promise<void> => void (await run(engine.program, ['kill', name]).catch(() => undefined));
  try {
    const own = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/root', ...(process.env['XDG_RUNTIME_DIR'] === undefined ? {} : { XDG_RUNTIME_DIR: process.env['XDG_RUNTIME_DIR'] }) };
    const engineEnv = options.includes('--uidmap') ? { ...own, CONTAINERS_CONF: settings } : own;
    await runProgram({ name: runtime.command?.[0] ?? image, command, cwd: folder, env: engineEnv, memoryBytes, limits, folders: volumes.length === 0 ? [] : writableFolders(folder), belongings: containerBelongings(engine, name), kill, ownFailure: engineFailed }, request);
  } finally {
    await run(engine.program, ['rm', '--force', name]).catch(() => undefined);
  }
}
