import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backup, migrateBlobs, restore } from './backup.ts';
import { startPlatform, type Running } from './serve.ts';

const folder = mkdtempSync(join(tmpdir(), 'fovea-backup-'));
const at = (name: string) => join(folder, name);
const quiet = () => undefined;
const env = { FOVEA_LOG_LEVEL: 'silent', FOVEA_ALLOW_PRIVATE_NETWORK: 'true' };
let running: Running;
let dataset: string;
const call = async (on: Running, method: string, path: string, body?: unknown) => {
  const raw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(`${on.url}${path}`, { method, headers: { authorization: `Bearer ${running.adminKey}`, ...(raw ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: (raw ? body : JSON.stringify(body)) as BodyInit }) });
  return { status: response.status, bytes: Buffer.from(await response.clone().arrayBuffer()), body: (await response.json().catch(() => undefined)) as any };
};
const put = async (path: string, body: Uint8Array | string) => (await call(running, 'POST', `/v1/datasets/${dataset}/items?path=${path}`, body)).body.item;

beforeAll(async () => {
  running = await startPlatform({ dataDir: at('data'), port: 0, env });
  const project = (await call(running, 'POST', '/v1/projects', { name: 'p' })).body.id;
  dataset = (await call(running, 'POST', '/v1/datasets', { project, name: 'd' })).body.id;
}, 60_000);
afterAll(async () => {
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Every row of every table, as text, but for the queue's own bookkeeping. */
async function rowsOf(on: Running): Promise<Record<string, string[]>> {
  const { readFileSync } = await import('node:fs');
  const client = new Client(JSON.parse(readFileSync(join(on.config.dataDir, 'postgres', 'connection.json'), 'utf8')));
  await client.connect();
  const tables = (await client.query(`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> 'migrations'`)).rows;
  const rows: Record<string, string[]> = {};
  for (const { name } of tables) rows[name] = (await client.query(`select t::text as row from "${name}" t order by 1`)).rows.map((one) => one.row);
  await client.end();
  return rows;
}

test('a platform is backed up while it runs and restored: every row and every byte, secrets and waiting work', async () => {
  const files = new Map<string, Buffer>();
  for (let index = 0; index < 20; index++) {
    const bytes = randomBytes(1_000 + index);
    files.set((await put(`/${index}.bin`, bytes)).id, bytes);
  }
  const noted = [...files.keys()][0];
  await call(running, 'POST', `/v1/items/${noted}/annotations`, { annotations: [{ type: 'point', label: 'line\nbreak \\ tab\t', geometry: { type: 'point', x: 1, y: 2 } }] });
  // Uploads go on while the backup is made.
  let stop = false;
  const writing = (async () => {
    for (let index = 0; !stop; index++) await put(`/meanwhile/${index}.txt`, `${index}`);
  })();
  const first = await backup(at('backup'), { dataDir: at('data'), env }, quiet);
  stop = true;
  await writing;
  expect([first.copied, first.blobs >= 20]).toEqual([first.blobs, true]);
  const late = await put('/late.txt', 'late');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const before = await rowsOf(running);
  const second = await backup(at('backup'), { dataDir: at('data'), env }, quiet);
  expect([second.copied < first.copied, readdirSync(at('backup/snapshots')).length]).toEqual([true, 2]);

  const done = await restore(at('backup'), { dataDir: at('restored'), env }, quiet);
  expect(done).toMatchObject({ snapshot: second.snapshot, rows: second.rows, blobs: second.blobs });
  const copy = await startPlatform({ dataDir: at('restored'), port: 0, env, roles: ['api'] });
  try {
    const after = await rowsOf(copy);
    for (const table of Object.keys(before)) expect([table, after[table]]).toEqual([table, before[table]]);
    expect(copy.config.secret).toBe(running.config.secret);
    for (const [id, bytes] of files) expect(createHash('sha256').update((await call(copy, 'GET', `/v1/items/${id}/file`)).bytes).digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect((await call(copy, 'GET', `/v1/items/${late.id}`)).status).toBe(200);
    expect((await call(copy, 'GET', `/v1/items/${noted}/annotations`)).body.data[0].label).toBe('line\nbreak \\ tab\t');
    // New rows get new numbers.
    expect((await call(copy, 'POST', '/v1/projects', { name: 'new' })).status).toBe(201);
  } finally {
    await copy.close();
  }
  // Into what is not empty: refused. A damaged backup: refused.
  await expect(restore(at('backup'), { dataDir: at('restored'), env }, quiet)).rejects.toThrow('not empty');
  await expect(restore(at('nothing'), { dataDir: at('x'), env }, quiet)).rejects.toThrow('holds no backup');
  writeFileSync(join(at('backup/snapshots'), second.snapshot, 'projects.copy.gz'), (await import('node:zlib')).gzipSync('nonsense\n'));
  await expect(restore(at('backup'), { dataDir: at('damaged'), env }, quiet)).rejects.toThrow('The table projects in the backup is damaged');
  expect(await restore(at('backup'), { dataDir: at('older'), env, snapshot: first.snapshot }, quiet)).toMatchObject({ snapshot: first.snapshot });
}, 120_000);

test('blobs move to another store, each verified; again, only new ones are copied', async () => {
  const first = await migrateBlobs(at('elsewhere'), { dataDir: at('data'), env }, quiet);
  expect([first.copied, first.verified]).toEqual([first.blobs, first.blobs]);
  await put('/more.txt', 'more');
  const second = await migrateBlobs(at('elsewhere'), { dataDir: at('data'), env }, quiet);
  expect([second.copied >= 1, second.copied < 5, second.verified]).toEqual([true, true, second.blobs]);
});
