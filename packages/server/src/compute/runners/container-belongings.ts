import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ContainerEngine } from './container.ts';
import type { Belongings } from './watch.ts';

const run = promisify(execFile);

/** Its id, its first process as this machine counts them, and where its changes to the image lie (with overlays only: docker's other stores tell nothing at all). */
const format = '{{.Id}} {{.State.Pid}} {{with .GraphDriver.Data}}{{index . "UpperDir"}}{{end}}';

/** What belongs to a container: asked for when it is first looked at, as it takes a tenth of a second, until it runs. */
export function containerBelongings(engine: ContainerEngine, name: string): () => Promise<Belongings> {
  let known: Belongings | undefined;
  return async () => known ?? (known = await find()) ?? {};

  async function find(): Promise<Belongings | undefined> {
    // Before it has begun, and once it has ended, there is none.
    const { stdout } = await run(engine.program, ['container', 'inspect', '--format', format, name]).catch(() => ({ stdout: '' }));
    const [id = '', pid, upper = ''] = stdout.trim().split(' ');
    const root = Number(pid);
    if (!(root > 0) || !(await isHere(engine, { id, root }))) return undefined;
    return { root, folders: upper.startsWith('/') ? [upper] : [] };
  }
}

/** Whether a container's process is one of this machine: docker may run in a virtual one, whose numbers mean others here. */
async function isHere({ program }: ContainerEngine, { id, root }: { id: string; root: number }): Promise<boolean> {
  if (program === 'podman') return true;
  const groups = await readFile(`/proc/${root}/cgroup`, 'utf8').catch(() => '');
  return groups.includes(id);
}
