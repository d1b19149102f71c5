import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let project: string;
let dataset: string;
beforeAll(async () => {
  fovea = await startTestPlatform();
});
afterAll(() => fovea.close());
beforeEach(async () => {
  project = (await fovea.call('POST', '/v1/projects', { body: { name: `p ${Math.random()}` } })).body.id;
  dataset = await newDataset('d');
});

const newDataset = async (name: string): Promise<string> => (await fovea.call('POST', '/v1/datasets', { body: { project, name } })).body.id;
const put = async (path: string, text = path, into = dataset): Promise<string> =>
  (await fovea.call('POST', `/v1/datasets/${into}/items?path=${encodeURIComponent(path)}&ifExists=replace&labels=b,a&metadata=${encodeURIComponent('{"n":1}')}`, { body: text })).body.item.id;
const label = async (item: string, name: string): Promise<string> =>
  (await fovea.call('POST', `/v1/items/${item}/annotations`, { body: { annotations: [{ type: 'point', label: name, geometry: { type: 'point', x: 1.5, y: 2 } }] } })).body.data[0].id;
const wait = async (command: { id: string }) => (await fovea.call('GET', `/v1/commands/${command.id}?waitSeconds=60`)).body;
async function commit(into = dataset, body: object = {}): Promise<any> {
  const answer = await fovea.call('POST', `/v1/datasets/${into}/versions`, { body });
  expect(answer.status).toBe(202);
  const done = await wait(answer.body);
  expect(done.status).toBe('complete');
  return (await fovea.call('GET', `/v1/datasets/${into}/versions/v${done.result.number}`)).body;
}
const at = (version: string, rest = '', into = dataset) => fovea.call('GET', `/v1/datasets/${into}/versions/${version}${rest}`);
const fill = async (count: number, into = dataset) => {
  const form = new FormData();
  for (let index = 0; index < count; index++) form.append('file', new File([`text ${index}`], `/f${index % 7}/${index}.txt`));
  const answer = await fovea.call('POST', `/v1/datasets/${into}/items/bundle`, { body: form });
  expect(answer.status).toBe(200);
};

describe('commit', () => {
  test('versions.commit 202 keeps items and labels; versions.get 200 by id, digits, tag, number; versions.list 200; versions.get 404', async () => {
    await label(await put('/a/one.txt'), 'cat');
    await put('/b.txt');
    const version = await commit(dataset, { message: 'first', tags: ['good'] });
    expect(version).toMatchObject({ number: 1, message: 'first', tags: ['good', 'latest'], itemCount: 2, annotationCount: 1, sizeBytes: 16, splits: null, datasetId: dataset });
    expect(version.id).toMatch(/^[0-9a-f]{64}$/);
    for (const reference of [version.id, version.id.slice(0, 10), 'good', 'latest', 'v1']) expect((await at(reference)).body.id).toBe(version.id);
    expect((await at('nothing')).status).toBe(404);
    await put('/c.txt');
    const second = await commit();
    const list = (await fovea.call('GET', `/v1/datasets/${dataset}/versions?limit=1`)).body;
    expect([list.data[0].number, list.data[0].tags, typeof list.next]).toEqual([2, ['latest'], 'string']);
    expect((await fovea.call('GET', `/v1/datasets/${dataset}/versions?limit=1&cursor=${list.next}`)).body.data[0]).toMatchObject({ number: 1, tags: ['good'] });
    expect(second.itemCount).toBe(3);
  });

  test('equal content has an equal id, whenever and wherever it was made; nothing new is no new version', async () => {
    const other = await newDataset('other');
    for (const [into, paths] of [[dataset, ['/x.txt', '/y/z.txt', '/\u00e9.txt']], [other, ['/\u00e9.txt', '/y/z.txt', '/x.txt']]] as const) {
      for (const path of paths) {
        const item = await put(path, path, into);
        for (const name of into === dataset ? ['dog', 'cat'] : ['cat', 'dog']) await label(item, name);
      }
    }
    const [a, b] = await Promise.all([commit(), commit(other)]);
    expect(a.id).toBe(b.id);
    const again = await wait((await fovea.call('POST', `/v1/datasets/${dataset}/versions`, { body: { message: 'again' } })).body);
    expect(again.result).toEqual({ versionId: a.id, number: 1, created: false });
    await put('/new.txt');
    expect((await commit()).id).not.toBe(a.id);
    // An empty dataset has a version as well.
    expect(await commit(await newDataset('empty'))).toMatchObject({ itemCount: 0, annotationCount: 0 });
  });

  test('a commit that writes only what changed gives the id of one that writes everything', async () => {
    const { db } = fovea.platform.engines;
    await fill(400);
    // Names that look like the text of a version.
    for (const name of ['a ", "sha256": "b', "{'path'}", 'ü', ']}']) await label(await put(`/odd/${name}.txt`), '", "annotations": [');
    await commit();
    for (let round = 0; round < 12; round++) {
      const items = (await fovea.call('GET', `/v1/datasets/${dataset}/items?limit=1000`)).body.data as any[];
      const pick = () => items[Math.floor(Math.random() * items.length)];
      const changed = pick();
      await [
        () => label(changed.id, `l${round}`),
        () => fovea.call('DELETE', `/v1/items/${changed.id}`),
        () => put(`/f${round}/new ${round}.txt`),
        () => put(changed.path, `other bytes ${round}`),
        () => fovea.call('PATCH', `/v1/items/${changed.id}`, { body: { mergeMetadata: { round } } }),
        () => fovea.call('PATCH', `/v1/items/${changed.id}`, { body: { path: `/moved/${round}.txt` } }),
        () => fovea.call('POST', `/v1/datasets/${dataset}/folders/move`, { body: { from: '/f3', to: '/g3' } }),
        () => db.run(sql`update items set expires_at = now() where id = ${changed.id}`),
        async () => wait((await fovea.call('POST', `/v1/datasets/${dataset}/items/update`, { body: { filter: { folder: '/f5' }, change: { addLabels: ['new'] } } })).body),
        async () => wait((await fovea.call('POST', `/v1/datasets/${dataset}/annotations/delete`, { body: { filter: {} } })).body),
        async () => wait((await fovea.call('POST', `/v1/datasets/${dataset}/annotations/update`, { body: { filter: {}, change: { label: `all ${round}` } } })).body),
        async () => fovea.call('POST', `/v1/datasets/${dataset}/annotations/import`, { body: `${JSON.stringify({ item: pick().path, type: 'point', label: 'imported', geometry: { type: 'point', x: 0, y: 0 } })}\n`, headers: { 'content-type': 'application/x-ndjson' } }),
      ][round]?.();
      const version = await commit();
      // The same again without what is known: the whole is read anew.
      const fresh = await db.tx(async (tx) => {
        const seen = await tx.one<{ seen_at: Date }>(sql`update versions set seen_at = '2000-01-01' where dataset_id = ${dataset} and number = ${version.number} returning seen_at`);
        return seen;
      });
      expect(fresh.seen_at.getFullYear()).toBe(2000);
      expect((await commit()).id).toBe(version.id);
      const streamed = (await (await fetch(`${fovea.url}/v1/datasets/${dataset}/versions/${version.id}/stream`, { headers: { authorization: `Bearer ${fovea.key}` } })).text()).trim().split('\n').map((line) => JSON.parse(line));
      const living = (await fovea.call('GET', `/v1/datasets/${dataset}/items?limit=1000`)).body.data as any[];
      expect(streamed.map((item) => [item.path, item.sha256, item.labels.length, item.annotations.length])).toEqual(living.map((item) => [item.path, item.sha256, item.labels.length, item.annotationCount]));
    }
  }, 120_000);

  test('versions.commit 409 while another runs, versions.commit 400 for names that are kept', async () => {
    const { db } = fovea.platform.engines;
    const held = await fovea.call('POST', `/v1/datasets/${dataset}/versions`, { body: {} });
    await wait(held.body);
    await db.run(sql`update commands set status = 'running' where id = ${held.body.id}`);
    expect((await fovea.call('POST', `/v1/datasets/${dataset}/versions`, { body: {} })).status).toBe(409);
    for (const body of [{ tags: ['latest'] }, { tags: ['v3'] }, { tags: ['deadbeef'] }, { splits: { parts: [{ name: 'a', share: 0.5 }] } }]) {
      expect((await fovea.call('POST', `/v1/datasets/${dataset}/versions`, { body })).status).toBe(400);
    }
  });

  test('versions.tag 200 moves, versions.untag 204, versions.untag 404, versions.tag 404', async () => {
    await put('/a.txt');
    await commit();
    await put('/b.txt');
    await commit();
    expect((await fovea.call('PUT', `/v1/datasets/${dataset}/versions/v1/tags/gold`)).body).toMatchObject({ number: 1, tags: ['gold'] });
    expect((await fovea.call('PUT', `/v1/datasets/${dataset}/versions/v2/tags/gold`)).body.tags).toEqual(['gold', 'latest']);
    expect((await at('gold')).body.number).toBe(2);
    expect((await fovea.call('DELETE', `/v1/datasets/${dataset}/version-tags/gold`)).status).toBe(204);
    expect((await fovea.call('DELETE', `/v1/datasets/${dataset}/version-tags/gold`)).status).toBe(404);
    expect((await fovea.call('PUT', `/v1/datasets/${dataset}/versions/v9/tags/gold`)).status).toBe(404);
  });
});

describe('reading', () => {
  test('versions.items 200 pages by path, with parts; versions.stream 200; versions.file 200 gives the bytes of then', async () => {
    await fill(300);
    const version = await commit(dataset, { splits: { parts: [{ name: 'train', share: 0.7 }, { name: 'val', share: 0.3 }] } });
    await put('/f0/0.txt', 'later');
    const seen: any[] = [];
    let cursor = '';
    do {
      const { body } = await at('v1', `/items?limit=70${cursor}`);
      seen.push(...body.data);
      cursor = body.next === null ? '' : `&cursor=${body.next}`;
    } while (cursor !== '');
    expect(seen.length).toBe(300);
    expect(seen.map((item) => item.path)).toEqual(seen.map((item) => item.path).sort());
    expect(seen[0]).toMatchObject({ path: '/f0/0.txt', kind: 'text', mediaType: 'text/plain', annotations: [] });
    const train = (await at('v1', '/items?limit=1000&split=train')).body.data;
    expect(train.map((item: any) => item.path)).toEqual(seen.filter((item) => item.split === 'train').map((item) => item.path));
    expect([train.length > 150, train.length < 260]).toEqual([true, true]);
    expect((await fovea.call('GET', `/v1/datasets/${dataset}/versions/${version.id}/file?path=/f0/0.txt`)).body).toBe('text 0');
    expect((await at('v1', '/file?path=/nothing')).status).toBe(404);
    // The parts are those of the version before when nothing else is said.
    expect((await commit()).splits.parts.length).toBe(2);
  });

  test('a version and its parts are found by the part only of its own dataset', async () => {
    await put('/a.txt');
    const version = await commit();
    const other = await newDataset('other');
    expect((await at(version.id, '', other)).status).toBe(404);
  });
});

test('versions.get 409, versions.items 409, versions.stream 409, versions.file 409, versions.diff 409, versions.tag 409, versions.restore 409, versions.verify 409 for digits that several ids begin with; versions.file 416', async () => {
  await put('/a.txt');
  await commit();
  await put('/b.txt');
  await commit();
  expect((await fovea.call('GET', `/v1/datasets/${dataset}/versions/v1/file?path=/a.txt`, { headers: { range: 'bytes=1000-' } })).status).toBe(416);
  await fovea.platform.engines.db.run(sql`update versions set digest = '\\xdeadbeef00'::bytea || substring(digest from 6) where dataset_id = ${dataset}`);
  for (const rest of ['', '/items', '/stream', '/file?path=/a.txt', '/diff']) expect([rest, (await at('deadbeef', rest)).status]).toEqual([rest, 409]);
  expect((await fovea.call('PUT', `/v1/datasets/${dataset}/versions/deadbeef/tags/x`)).status).toBe(409);
  for (const what of ['restore', 'verify']) expect((await fovea.call('POST', `/v1/datasets/${dataset}/versions/deadbeef/${what}`, { body: {} })).status).toBe(409);
});

describe('diff', () => {
  test('versions.diff 200 names what came, went and changed, per item and annotation, page by page', async () => {
    await fill(200);
    const items = (await fovea.call('GET', `/v1/datasets/${dataset}/items?limit=200`)).body.data as any[];
    const kept = await label(items[5].id, 'stays');
    const gone = await label(items[5].id, 'goes');
    await commit();
    await fovea.call('DELETE', `/v1/annotations/${gone}`);
    await label(items[5].id, 'comes');
    await fovea.call('DELETE', `/v1/items/${items[7].id}`);
    await put('/zz.txt');
    await put(items[9].path, 'other bytes');
    await fovea.call('PATCH', `/v1/items/${items[11].id}`, { body: { labels: ['x'], channel: 'c' } });
    await commit();
    const { body } = await at('latest', '/diff');
    expect(kept).toBeTruthy();
    expect(body.summary).toEqual({ itemsAdded: 1, itemsRemoved: 1, itemsChanged: 3, annotationsAdded: 1, annotationsRemoved: 1, recipeChanged: false });
    expect(body.data.map((one: any) => [one.path, one.change, one.fields])).toEqual([
      [items[5].path, 'changed', ['annotations']],
      [items[7].path, 'removed', []],
      [items[9].path, 'changed', ['sha256']],
      [items[11].path, 'changed', ['labels', 'channel']],
      ['/zz.txt', 'added', []],
    ]);
    expect(body.data[0].annotations).toMatchObject({ added: [{ label: 'comes', type: 'point' }], removed: [{ label: 'goes' }] });
    const first = (await at('v2', '/diff?from=v1&limit=2')).body;
    const rest = (await at('v2', `/diff?from=v1&limit=10&cursor=${first.next}`)).body;
    expect([...first.data, ...rest.data].map((one: any) => one.path)).toEqual(body.data.map((one: any) => one.path));
    expect([rest.summary, (await at('v1', '/diff?from=v2')).body.summary.itemsAdded]).toEqual([null, 1]);
    expect((await at('v1', '/diff')).body.summary.itemsAdded).toBe(200);
    expect((await at('v2', '/diff?from=v2')).body.data).toEqual([]);
  });
});

describe('restore and verify', () => {
  test('versions.restore 202 brings the dataset back to the letter, and keeps what was there as a version', async () => {
    await fill(120);
    const items = (await fovea.call('GET', `/v1/datasets/${dataset}/items?limit=200`)).body.data as any[];
    for (const index of [1, 2, 3]) await label(items[index].id, `l${index}`);
    const first = await commit();
    const untouched = (await fovea.call('GET', `/v1/items/${items[3].id}/annotations`)).body.data[0].id;
    await fovea.call('DELETE', `/v1/items/${items[1].id}`);
    await put(items[2].path, 'other bytes');
    await label(items[2].id, 'more');
    await put('/zz.txt');
    await fovea.call('PATCH', `/v1/items/${items[4].id}`, { body: { description: 'd', status: 'published', channel: 'c', labels: ['x'] } });
    const answer = await fovea.call('POST', `/v1/datasets/${dataset}/versions/v1/restore`, { body: {} });
    expect(answer.status).toBe(202);
    const done = await wait(answer.body);
    expect(done).toMatchObject({ status: 'complete', result: { versionId: first.id, items: 4 } });
    expect(await commit()).toMatchObject({ id: first.id, number: 3 });
    expect((await at('v2')).body).toMatchObject({ message: 'Before the restore of version 1', id: done.result.before });
    expect((await fovea.call('GET', `/v1/datasets/${dataset}`)).body).toMatchObject({ itemCount: 120 });
    // What did not differ was not touched.
    expect((await fovea.call('GET', `/v1/items/${items[3].id}/annotations`)).body.data[0].id).toBe(untouched);
    // And forth again.
    await wait((await fovea.call('POST', `/v1/datasets/${dataset}/versions/v2/restore`, { body: {} })).body);
    expect((await commit()).id).toBe(done.result.before);
  });

  test('versions.verify 202 finds bytes that were changed or lost under a version', async () => {
    await put('/a.txt', 'the a');
    await put('/b.txt', 'the b');
    await put('/c.txt', 'the c');
    const verify = async () => wait((await fovea.call('POST', `/v1/datasets/${dataset}/versions/latest/verify`, { body: {} })).body);
    await commit();
    expect(await verify()).toMatchObject({ status: 'complete', result: { intact: true, items: 3, blobs: 3, problemCount: 0 } });
    const items = (await at('v1', '/items')).body.data as any[];
    const fileOf = (sha256: string) => {
      const root = join(fovea.dataDir, 'blobs');
      const found = (readdirSync(root, { recursive: true }) as string[]).find((name) => name.endsWith(sha256));
      expect(found).toBeDefined();
      return join(root, found ?? '');
    };
    chmodSync(fileOf(items[0].sha256), 0o600);
    writeFileSync(fileOf(items[0].sha256), 'not a');
    rmSync(fileOf(items[1].sha256));
    expect(existsSync(fileOf(items[2].sha256))).toBe(true);
    const { result } = await verify();
    expect(result).toMatchObject({ intact: false, problemCount: 2 });
    expect(result.problems.map((one: any) => [one.path, one.problem])).toEqual([
      ['/a.txt', 'the bytes are not those that were stored'],
      ['/b.txt', 'the bytes are missing'],
    ]);
  });
});
