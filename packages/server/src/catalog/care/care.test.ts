import { randomBytes, createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';
import { collectBlobs } from './collect.ts';
import { checkStorage, type StorageFault } from './deep.ts';
import { purge, sweepExpired } from './expire.ts';

let fovea: TestPlatform;
let dataset: string;
const signal = new AbortController().signal;
beforeAll(async () => {
  fovea = await startTestPlatform();
});
afterAll(() => fovea.close());
beforeEach(async () => {
  const project = (await fovea.call('POST', '/v1/projects', { body: { name: `p ${Math.random()}` } })).body.id;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
});

const engines = () => fovea.platform.engines;
const put = async (path: string, body: unknown, query = '') => (await fovea.call('POST', `/v1/datasets/${dataset}/items?path=${path}${query}`, { body })).body.item;
/** As if everything in the store were old. */
const collect = () => collectBlobs(engines(), -60_000, signal);
const isThere = async (sha256: string) => (await engines().blobs.stat(sha256)) !== undefined;

test('items past their expiry are swept with counters and an event, and purged a day later', async () => {
  const { db } = engines();
  const item = await put('/a.txt', 'a', `&expiresAt=${new Date(Date.now() + 3_600_000).toISOString()}`);
  const kept = await put('/b.txt', 'b');
  expect(await sweepExpired(db, signal)).toBe(0);
  await db.run(sql`update items set expires_at = now() - interval '1 second' where id = ${item.id}`);
  expect((await fovea.call('GET', `/v1/items/${item.id}`)).status).toBe(404);
  expect((await fovea.call('GET', `/v1/datasets/${dataset}/items`)).body.data.map((one: any) => one.id)).toEqual([kept.id]);
  expect(await sweepExpired(db, signal)).toBe(1);
  expect(await sweepExpired(db, signal)).toBe(0);
  expect((await fovea.call('GET', `/v1/datasets/${dataset}`)).body.itemCount).toBe(1);
  const events = await db.many<{ type: string }>(sql`select type from events where subject_id = ${item.id} order by seq`);
  expect(events.at(-1)?.type).toBe('item.expired');
  expect(await purge(db, signal)).toBe(0);
  await db.run(sql`update items set deleted_at = now() - interval '25 hours', expires_at = now() - interval '26 hours' where id = ${item.id}`);
  expect(await purge(db, signal)).toBe(1);
});

test('what was deleted 30 days ago goes for good, with annotations and history; a deleted dataset with its versions', async () => {
  const { db } = engines();
  const item = await put('/a.txt', 'a');
  const [note] = (await fovea.call('POST', `/v1/items/${item.id}/annotations`, { body: { annotations: [{ type: 'point', label: 'x', geometry: { type: 'point', x: 0, y: 0 } }] } })).body.data;
  await fovea.call('PATCH', `/v1/annotations/${note.id}`, { body: { label: 'y' } });
  await put('/b.txt', 'b');
  await fovea.call('DELETE', `/v1/items/${item.id}`);
  await db.run(sql`update items set deleted_at = now() - interval '29 days' where id = ${item.id}`);
  expect(await purge(db, signal)).toBe(0);
  expect((await fovea.call('POST', `/v1/items/${item.id}/restore`)).status).toBe(200);
  await fovea.call('DELETE', `/v1/items/${item.id}`);
  await db.run(sql`update items set deleted_at = now() - interval '31 days' where id = ${item.id}`);
  expect(await purge(db, signal)).toBe(1);
  expect(await db.one(sql`select (select count(*) from annotations where item_id = ${item.id}) as notes, (select count(*) from annotation_revisions where annotation_id = ${note.id}) as history`)).toEqual({ notes: 0, history: 0 });
  const { body } = await fovea.call('POST', `/v1/datasets/${dataset}/versions`, { body: {} });
  expect((await fovea.call('GET', `/v1/commands/${body.id}?waitSeconds=30`)).body.status).toBe('complete');
  await db.run(sql`update datasets set deleted_at = now() - interval '31 days' where id = ${dataset}`);
  expect(await purge(db, signal)).toBe(1);
  expect(await db.one(sql`select (select count(*) from items where dataset_id = ${dataset}) as items, (select count(*) from versions where dataset_id = ${dataset}) as versions`)).toEqual({ items: 0, versions: 0 });
});

describe('a look at every byte', () => {
  const look = async () => {
    const faults: StorageFault[] = [];
    const report = await checkStorage(engines(), { onFault: (fault) => void faults.push(fault), onProgress: () => undefined, signal });
    return { report, faults };
  };
  const fileOf = (sha256: string) => join(fovea.dataDir, 'blobs', sha256.slice(0, 2), sha256);

  test('finds what is missing, damaged, cut short and spoken of in vain, with the items that have it, and nothing else', async () => {
    const { db } = engines();
    const before = (await look()).report;
    expect(before.faults).toBe(0);
    const [lost, rotten, short] = [await put('/lost.bin', randomBytes(500)), await put('/rotten.bin', randomBytes(500)), await put('/short.bin', randomBytes(500))];
    await put('/fine.bin', randomBytes(500));
    for (const one of [lost, rotten, short]) await fovea.probed(one.id);
    rmSync(fileOf(lost.sha256));
    writeFileSync(fileOf(rotten.sha256), randomBytes(500));
    writeFileSync(fileOf(short.sha256), randomBytes(499));
    const nowhere = createHash('sha256').update(randomBytes(9)).digest();
    await db.run(sql`insert into version_blobs (dataset_id, sha256, project_id) select id, ${nowhere}, project_id from datasets where id = ${dataset}`);
    const { report, faults } = await look();
    expect(faults.map(({ kind, sha256, items }) => [kind, sha256, items.map(({ path }) => path)]).toSorted()).toEqual(
      [['missing', lost.sha256, ['/lost.bin']], ['damaged', rotten.sha256, ['/rotten.bin']], ['wrong_size', short.sha256, ['/short.bin']], ['reference', nowhere.toString('hex'), []]].toSorted(),
    );
    expect([report.faults, report.blobs - before.blobs]).toEqual([4, 4]);
    for (const one of [lost, rotten, short]) await db.run(sql`delete from items where id = ${one.id}`);
    await db.run(sql`delete from version_blobs where sha256 = ${nowhere}`);
    await collect();
    await db.run(sql`delete from blobs where sha256 = ${Buffer.from(lost.sha256, 'hex')}`);
    expect((await look()).report.faults).toBe(0);
  });

  test('a file that belongs to nothing is read too, and counted', async () => {
    const { unknown } = (await look()).report;
    const [stray] = await engines().blobs.putMany([randomBytes(20)]);
    expect((await look()).report.unknown).toBe(unknown + 1);
    writeFileSync(fileOf(stray?.sha256 ?? ''), randomBytes(20));
    expect((await look()).faults).toMatchObject([{ kind: 'damaged', sha256: stray?.sha256 }]);
    rmSync(fileOf(stray?.sha256 ?? ''));
  });
});

describe('bytes', () => {
  test('what nothing refers to is removed, never what something does', async () => {
    const { db, blobs } = engines();
    await collect();
    const item = await put('/a.txt', randomBytes(50));
    const gone = await put('/gone.txt', randomBytes(50));
    const versioned = await put('/versioned.txt', randomBytes(50));
    const { body } = await fovea.call('POST', `/v1/datasets/${dataset}/versions`, { body: {} });
    await fovea.call('GET', `/v1/commands/${body.id}?waitSeconds=30`);
    await db.run(sql`delete from version_blobs where sha256 = ${Buffer.from(gone.sha256, 'hex')}`);
    const [inJson, asText, never] = await blobs.putMany([randomBytes(9), randomBytes(9), randomBytes(9)]);
    await db.run(sql`update datasets set extra = ${JSON.stringify({ deep: { file: inJson?.sha256 } })} where id = ${dataset}`);
    await db.run(sql`update datasets set description = ${`see ${asText?.sha256}`} where id = ${dataset}`);
    for (const id of [gone.id, versioned.id]) {
      await fovea.probed(id);
      await db.run(sql`delete from items where id = ${id}`);
    }
    expect(await collectBlobs(engines(), 3_600_000, signal)).toEqual({ blobs: 0, bytes: 0 });
    expect(await collect()).toEqual({ blobs: 2, bytes: 59 });
    expect(await Promise.all([item, versioned, inJson, asText, gone, never].map((one) => isThere(one.sha256)))).toEqual([true, true, true, true, false, false]);
    expect(await db.one(sql`select count(*) as count from blobs where sha256 = ${Buffer.from(gone.sha256, 'hex')}`)).toEqual({ count: 0 });
    // The same bytes again are stored again.
    expect((await put('/again.txt', 'x')).sizeBytes).toBe(1);
    expect((await fovea.call('GET', `/v1/items/${item.id}/file`)).status).toBe(200);
  });

  test('sweeps beside uploads of the same bytes lose nothing', async () => {
    const contents = Array.from({ length: 12 }, () => randomBytes(64));
    let stop = false;
    const sweeping = (async () => {
      for (let rounds = 0; !stop; rounds++) await collectBlobs(engines(), 0, signal);
    })();
    for (let round = 0; round < 12; round++) {
      await Promise.all(
        contents.map(async (bytes, index) => {
          const item = await put(`/${round}-${index}.bin`, bytes);
          expect(await isThere(createHash('sha256').update(bytes).digest('hex'))).toBe(true);
          const file = await fetch(`${fovea.url}/v1/items/${item.id}/file`, { headers: { authorization: `Bearer ${fovea.key}` } });
          expect(Buffer.from(await file.arrayBuffer()).equals(bytes)).toBe(true);
          await engines().db.run(sql`delete from items where id = ${item.id}`);
        }),
      );
    }
    stop = true;
    await sweeping;
  });
});
