// The platform is killed twice while the real client makes tasks, and started again: what was acknowledged is there, and nothing twice.
import { once } from 'node:events';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freeUrl } from '../../chaos/parts.ts';
import { processes } from '../../processes.ts';
import { pythonWith } from '../python.ts';

const key = 'live_chaos-tests-only-0123456789';
const count = 400;
const folder = mkdtempSync(join(tmpdir(), 'fovea-chaos-'));
const host = processes({ FOVEA_ADMIN_KEY: key });
const found = pythonWith(['scaleapi==2.18.4', 'setuptools<81']);
let url: string;
let server: ChildProcess;

const serve = async () => (await host.start(['serve', '--no-demo', '--port', new URL(url).port, '--data', join(folder, 'data')])).child;

async function post(path: string, body: object): Promise<void> {
  const answer = await fetch(`${url}/scale/v1/${path}`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
}

beforeAll(async () => {
  url = await freeUrl();
  server = await serve();
  await post('projects', { name: 'Killed', type: 'imageannotation', params: { geometries: { box: { objects_to_annotate: ['car'] } } } });
  await post('batches', { project: 'Killed', name: 'Killed' });
}, 300_000);
afterAll(async () => {
  await host.endAll();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

test.skipIf('missing' in found)(`${count} tasks by 8 threads over two kills${'missing' in found ? `: needs ${found.missing}` : ''}`, { timeout: 600_000 }, async () => {
  const program = spawn('python' in found ? found.python : '', [join(import.meta.dirname, 'retrying.py'), JSON.stringify({ url, key, count })], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(program, 'exit');
  let made = 0;
  let last = '';
  for await (const line of createInterface({ input: program.stdout })) {
    last = line;
    made += 1;
    if (made !== count / 4 && made !== count / 2) continue;
    await host.end(server, 'SIGKILL');
    server = await serve();
  }
  expect((await ended)[0]).toBe(0);
  const { outcomes, listed, total } = JSON.parse(last) as { outcomes: [string, string][]; listed: Record<string, [string, number, string, string]>; total: number };
  expect([outcomes.length, Object.keys(listed).length, total]).toEqual([count, count, count]);
  for (const [number, [, id]] of outcomes.entries()) expect(listed[`killed ${number}`]?.slice(0, 2)).toEqual([id, number]);
});
