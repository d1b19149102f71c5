import { randomBytes, createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';
import { collectBlobs } from './collect.ts';
import { checkStorage, type StorageFault } from './deep.ts';
import { sweepExpired } from '../items/expired.ts';
import { purge } from './expire.ts';

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
  expect(await sweepExpired(db, { signal })).toBe(0);
  await db.run(sql`update items set expires_at = now() - interval '1 second' where id = ${item.id}`);
  expect((await fovea.call('GET', `/v1/items/${item.id}`)).status).toBe(404);
  expect((await fovea.call('GET', `/v1/datasets/${dataset}/items`)).body.data.map((one: any) => one.id)).toEqual([kept.id]);
  expect(await sweepExpired(db, { signal })).toBe(1);
  expect(await sweepExpired(db, { signal })).toBe(0);
  expect((await fovea.call('GET', `/v1/datasets/${dataset}`)).body.itemCount).toBe(1);
  const events = await db.many<{ type: string }>(sql`select type from events where subject_id = ${item.id} order by seq`);
  expect(events.at(-1)?.type).toBe('item.expired');
  expect(await purge(db, signal)).toBe(0);
  await db.run(sql`update items set deleted_at = now() - interval '25 hours', expires_at = now() - interval '26 hours' where id = ${item.id}`);
  expect(await purge(db, signal)).toBe(1);
});

const dayMs = 86_400_000;
const daysLeft = (at: string) => (Date.parse(at) - Date.now()) / dayMs;

test('an expiry is a time with a zone or so many days, in every way in; it is changed singly, in batches and by query, and cleared', async () => {
  expect(daysLeft((await put('/days.txt', 'a', '&expiresAt=30d')).expiresAt)).toBeCloseTo(30, 3);
  expect(daysLeft((await put('/half.txt', 'a', '&expiresAt=0.5d')).expiresAt)).toBeCloseTo(0.5, 3);
  expect((await put('/zone.txt', 'a', `&expiresAt=${encodeURIComponent('2090-01-01T02:00:00+02:00')}`)).expiresAt).toBe('2090-01-01T00:00:00.000Z');
  const form = new FormData();
  for (const name of ['/many/1.txt', '/many/2.txt']) form.append('file', new Blob([name]), name);
  const { results } = (await fovea.call('POST', `/v1/datasets/${dataset}/items/bundle?expiresAt=7d`, { body: form })).body;
  expect(results.map(({ item }: any) => Math.round(daysLeft(item.expiresAt)))).toEqual([7, 7]);
  const [one, two] = results.map(({ item }: any) => item.id);
  const patch = async (expiresAt: unknown) => (await fovea.call('PATCH', `/v1/items/${one}`, { body: { expiresAt } })).body;
  expect(daysLeft((await patch('2d')).expiresAt)).toBeCloseTo(2, 3);
  expect((await patch(null)).expiresAt).toBe(null);
  const change = async (filter: object, expiresAt: unknown) => {
    const { id } = (await fovea.call('POST', `/v1/datasets/${dataset}/items/update`, { body: { filter, change: { expiresAt } } })).body;
    return (await fovea.call('GET', `/v1/commands/${id}?waitSeconds=30`)).body.result;
  };
  const left = async (id: string) => daysLeft((await fovea.call('GET', `/v1/items/${id}`)).body.expiresAt);
  expect(await change({ id: { in: [one, two] } }, '5d')).toEqual({ changed: 2 });
  expect([Math.round(await left(one)), Math.round(await left(two))]).toEqual([5, 5]);
  expect(await change({ path: { match: '/many/**' } }, '9d')).toEqual({ changed: 2 });
  expect(Math.round(await left(two))).toBe(9);
  expect(await change({ path: '/many/1.txt' }, null)).toEqual({ changed: 1 });
  expect((await fovea.call('GET', `/v1/items/${one}`)).body.expiresAt).toBe(null);
  // The past ends them, at once and with the event.
  expect(await change({ path: { match: '/many/**' } }, '2001-01-01T00:00:00Z')).toEqual({ changed: 2 });
  expect((await fovea.call('GET', `/v1/datasets/${dataset}/items?folder=/many`)).body.data).toEqual([]);
  expect((await fovea.call('POST', `/v1/datasets/${dataset}/items/count`, { body: { filter: { path: { match: '/many/**' } } } })).body.count).toBe(0);
  expect((await fovea.call('GET', `/v1/datasets/${dataset}/folders`)).body.data).toEqual([]);
  expect(await sweepExpired(engines().db, { signal })).toBe(2);
  const events = await engines().db.many<{ type: string }>(sql`select type from events where subject_id = ${two} order by seq`);
  expect(events.at(-1)?.type).toBe('item.expired');
});

test('an expiry that cannot be is refused with what is allowed, in every way in', async () => {
  const { id } = await put('/kept.txt', 'a');
  const upload = (expiresAt: string) => fovea.call('POST', `/v1/datasets/${dataset}/items?path=/x.txt&expiresAt=${encodeURIComponent(expiresAt)}`, { body: 'x' });
  const ways: ((expiresAt: string) => Promise<{ status: number; body: any }>)[] = [
    upload,
    (expiresAt) => fovea.call('POST', `/v1/datasets/${dataset}/items/bundle?expiresAt=${encodeURIComponent(expiresAt)}`, { body: new FormData() }),
    (expiresAt) => fovea.call('PATCH', `/v1/items/${id}`, { body: { expiresAt } }),
    (expiresAt) => fovea.call('POST', `/v1/datasets/${dataset}/items/update`, { body: { filter: {}, change: { expiresAt } } }),
    (expiresAt) => fovea.call('POST', `/v1/datasets/${dataset}/items/import-urls`, { body: { urls: [{ url: 'http://127.0.0.1:9/x' }], expiresAt } }),
    (expiresAt) => fovea.call('POST', `/v1/datasets/${dataset}/uploads`, { body: { path: '/x', sizeBytes: 1, expiresAt } }),
  ];
  const wrong = ['2027-01-01T00:00:00', '2027-01-01', '10000-01-01T00:00:00Z', '+010000-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '0000-01-01T00:00:00Z', '2027-02-30T00:00:00Z', '99999999d', '-1d', '30', '1e9d', 'soon', ''];
  for (const expiresAt of wrong) {
    for (const way of ways) {
      const { status, body } = await way(expiresAt);
      expect([expiresAt, status, body.errors?.[0]?.path]).toEqual([expiresAt, 400, expect.stringContaining('expiresAt')]);
    }
  }
  expect((await upload('2027-01-01T00:00:00')).body.detail).toContain('with a zone, e.g. 2026-01-31T18:04:05.123Z, or days from now such as 30d');
  expect((await upload('10000000d')).body.detail).toContain('before the year 9999');
  // What is new cannot have ended.
  for (const way of [ways[0], ways[1], ways[4], ways[5]]) expect((await way?.('2001-01-01T00:00:00Z'))?.body.detail).toContain('must lie in the future');
  expect((await fovea.call('GET', `/v1/items/${id}`)).body.expiresAt).toBe(null);
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
