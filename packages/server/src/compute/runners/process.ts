import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './child.ts';
import { collectResult } from './collect.ts';
import { limitsOf } from './limits.ts';
import { RunnerError, RunnerMissing, type Runner, type RunRequest } from './runner.ts';
import { findSandbox, killUser, nodeFolder, returnUser, sandboxed, takeUser, type Sandbox } from './sandbox.ts';
import { layTaskFolder, writableFolders, type User } from './task-folder.ts';

/** Data that a program may have in memory, unless its manifest says otherwise. */
export const defaultMemoryBytes = 4 * 1024 ** 3;
const jobFolder = '/job';
const toolsFolder = '/fovea';

/**
 * Runs the program that a manifest names: any command, or a TypeScript module that is run by ours. It has a folder of its own, a uid of
 * its own where we are root, no network unless asked, and with bubblewrap a read-only system in which nothing else of the machine is seen.
 */
export function processRunner({ sandbox = findSandbox() }: { sandbox?: Sandbox } = {}): Runner {
  return {
    async run(request) {
      const { runtime } = request.manifest;
      if (runtime.kind !== 'process' && runtime.kind !== 'typescript') throw new RunnerError(`The process runner was given an analytic of the kind "${runtime.kind}".`);
      if (!runtime.network && !sandbox.cutsNetwork) throw new RunnerMissing('This machine cannot keep a program from the network; install bubblewrap, or let the analytic have it ("network": true).');
      const user = takeUser();
      try {
        return await runSandboxed(request, { runtime, sandbox, user });
      } finally {
        returnUser(user);
      }
    },
    close: async () => undefined,
  };
}

type ProgramRuntime = Extract<RunRequest['manifest']['runtime'], { kind: 'process' | 'typescript' }>;

async function runSandboxed(request: RunRequest, { runtime, sandbox, user }: { runtime: ProgramRuntime; sandbox: Sandbox; user: User | undefined }) {
  const walled = sandbox.kind === 'bubblewrap';
  const inside = walled ? jobFolder : request.folder;
  const laid = await layTaskFolder(request, { inside, user });
  await mkdir(join(request.folder, 'given', 'out'), { recursive: true });
  const host = walled ? join(toolsFolder, 'typescript-host.ts') : join(import.meta.dirname, 'typescript-host.ts');
  const bin = walled ? join(toolsFolder, 'bin') : nodeFolder;
  const command = runtime.kind === 'process' ? runtime.command : [join(bin, 'node'), host, join(inside, 'given', 'code', runtime.module)];
  const memoryBytes = runtime.memoryBytes ?? defaultMemoryBytes;
  const show = { [join(toolsFolder, 'bin', 'node')]: process.execPath, ...(runtime.kind === 'typescript' ? { [host]: join(import.meta.dirname, 'typescript-host.ts') } : {}) };
  const limits = limitsOf(request.manifest);
  await runProgram(
    {
      name: command[0] ?? '',
      command: sandboxed(sandbox, { folder: request.folder, inside, command, user, network: runtime.network, memoryBytes, limits, show }),
      cwd: walled ? '/' : join(request.folder, 'given', 'code'),
      env: environment(request, { inside, bin }),
      memoryBytes,
      limits,
      folders: writableFolders(request.folder),
      belongings: async (pid) => ({ root: pid, uid: walled ? undefined : user?.uid }),
      ...(user ? { kill: () => killUser(user) } : {}),
    },
    request,
  );
  return collectResult(request, laid.toHost);
}

/** Nothing of the platform's own environment: it may hold secrets. */
export function environment(request: RunRequest, { inside, bin }: { inside: string; bin?: string }): Record<string, string> {
  const tmp = join(inside, 'tmp');
  return {
    PATH: [...(bin === undefined ? [] : [bin]), '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
    HOME: tmp,
    TMPDIR: tmp,
    LANG: 'C.UTF-8',
    FOVEA_TASK: join(inside, 'given', 'task.json'),
    FOVEA_OUTPUT: join(inside, 'out'),
    FOVEA_JOB: request.job.id,
  };
}
