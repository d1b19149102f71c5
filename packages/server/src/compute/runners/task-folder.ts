import { constants } from 'node:fs';
import { chmod, chown, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { InputFile } from '@fovea/analytics/analytic.ts';
import type { RunRequest } from './runner.ts';

/** A user of the machine that a program runs as. */
export interface User {
  uid: number;
  gid: number;
}

/** The job's folder as a program finds it. */
export interface TaskFolder {
  /** Where the folder lies on this machine. */
  folder: string;
  /** Where the program sees it. */
  inside: string;
  /** The path that a program gave, as a path on this machine. */
  toHost(path: string): string;
}

/** What a program can write to in the job's folder: its outputs, its temporary files, its shared memory. */
export const writableFolders = (folder: string): [out: string, tmp: string, shm: string] => [join(folder, 'out'), join(folder, 'tmp'), join(folder, 'shm')];

/**
 * Lays the job's folder out for a program of its own: `given/` to read (`task.json`, `in/`, `code/`), `out/`, `tmp/` and `shm/` (shared memory) to write. Inputs are
 * copied (as reflinks where the disk can): the program must not reach the store, and another user may not read it.
 */
export async function layTaskFolder(request: RunRequest, { inside, user }: { inside: string; user: User | undefined }): Promise<TaskFolder> {
  const { folder, task, manifest } = request;
  const shown = (path: string): string => join(inside, relative(folder, path));
  const copyIn = async (file: InputFile, place: string): Promise<InputFile> => {
    await bring(file.path, place);
    return { ...file, path: shown(place) };
  };
  const inputs: Record<string, InputFile[]> = {};
  for (const [name, files] of Object.entries(task.inputs)) {
    inputs[name] = [];
    for (const [index, file] of files.entries()) inputs[name].push(await copyIn(file, join(folder, 'given', 'in', name, String(index), `file${ending(file.name)}`)));
  }
  const parameters: Record<string, unknown> = { ...task.parameters };
  for (const { name, type } of manifest.parameters) {
    if (type !== 'file' || parameters[name] === undefined) continue;
    const file = parameters[name] as InputFile;
    parameters[name] = await copyIn(file, join(folder, 'given', 'parameters', name, `file${ending(file.name)}`));
  }
  await mkdir(join(folder, 'given', 'code'), { recursive: true });
  for (const [path, from] of Object.entries(request.files)) await bring(from, join(folder, 'given', 'code', path), 0o555);
  const outputs = manifest.outputs.map(({ name, type, filename, many }) => ({ name, type, many, ...(filename === undefined ? {} : { path: shown(join(task.outputDir, filename)) }) }));
  const document = { analytic: manifest.name, version: manifest.version, jobId: request.job.id, inputs, parameters, outputs, outputDir: shown(task.outputDir) };
  await writeFile(join(folder, 'given', 'task.json'), JSON.stringify(document, null, 2), { mode: 0o444 });
  const [, tmp, shm] = writableFolders(folder);
  for (const own of [tmp, shm]) await mkdir(own, { recursive: true });
  await chmod(folder, user ? 0o711 : 0o700);
  for (const own of [task.outputDir, tmp, shm]) {
    if (user) await chown(own, user.uid, user.gid);
    await chmod(own, 0o700);
  }
  return { folder, inside, toHost: (path) => join(folder, relative(inside, path)) };
}

async function bring(from: string, to: string, mode = 0o444): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  await chmod(to, mode);
}

function ending(name: string): string {
  return /\.[A-Za-z0-9]{1,10}$/.exec(name)?.[0] ?? '';
}
