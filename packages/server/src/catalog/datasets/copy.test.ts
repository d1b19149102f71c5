import { isId } from '@fovea/contract';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let project: string;
beforeAll(async () => {
  fovea = await startTestPlatform();
});
afterAll(() => fovea.close());
beforeEach(async () => {
  project = (await fovea.call('POST', '/v1/projects', { body: { name: `p ${Math.random()}` } })).body.id;
});

async function make(name: string, files: Record<string, string>): Promise<string> {
  const id = (await fovea.call('POST', '/v1/datasets', { body: { project, name } })).body.id;
  for (const [path, text] of Object.entries(files)) {
    const answer = await fovea.call('POST', `/v1/datasets/${id}/items?path=${path}&labels=l&metadata=%7B%22a%22%3A1%7D`, { body: text });
    expect(answer.status).toBe(201);
  }
  return id;
}
const label = (item: string, name: string) =>
  fovea.call('POST', `/v1/items/${item}/annotations`, { body: { annotations: [{ type: 'classification', label: name, geometry: { type: 'classification' } }] } });
const itemsOf = async (dataset: string) => (await fovea.call('GET', `/v1/datasets/${dataset}/items`)).body.data as any[];
const labelsOf = async (item: string) => (await fovea.call('GET', `/v1/items/${item}/annotations`)).body.data.map((one: any) => one.label).sort();
const wait = async (command: { id: string }) => (await fovea.call('GET', `/v1/commands/${command.id}?waitSeconds=30`)).body;
async function textOf(item: string): Promise<string> {
  return (await fetch(`${fovea.url}/v1/items/${item}/file`, { headers: { authorization: `Bearer ${fovea.key}` } })).text();
}

test('ids that the database makes are ids', async () => {
  const rows = await fovea.platform.engines.db.many<{ id: string }>(sql`select fovea_new_id() as id from generate_series(1, 500)`);
  expect(rows.filter((row) => !isId(row.id))).toEqual([]);
  expect(new Set(rows.map((row) => row.id)).size).toBe(500);
});

describe('clone', () => {
  test('datasets.clone 202 copies items with all that is said about them, and no byte', async () => {
    const source = await make('source', { '/a/one.txt': 'one', '/b.txt': 'two' });
    const [one] = await itemsOf(source);
    await label(one.id, 'cat');
    const { status, body } = await fovea.call('POST', `/v1/datasets/${source}/clone`, { body: { name: 'copy' } });
    expect(status).toBe(202);
    const done = await wait(body);
    expect(done).toMatchObject({ status: 'complete', kind: 'dataset.clone', done: 2, total: 2, result: { items: 2, annotations: 1, datasetId: body.subjectId } });
    const copy = (await fovea.call('GET', `/v1/datasets/${body.subjectId}`)).body;
    expect(copy).toMatchObject({ name: 'copy', kind: 'clone', sources: [source], itemCount: 2, sizeBytes: 6 });
    const copies = await itemsOf(copy.id);
    expect(copies.map((item) => [item.path, item.labels, item.metadata, item.annotationCount])).toEqual([
      ['/a/one.txt', ['l'], { a: 1 }, 1],
      ['/b.txt', ['l'], { a: 1 }, 0],
    ]);
    expect(copies[0].id).not.toBe(one.id);
    expect(await labelsOf(copies[0].id)).toEqual(['cat']);
    expect(await textOf(copies[0].id)).toBe('one');
    // The two live on by themselves.
    await label(copies[0].id, 'dog');
    await fovea.call('DELETE', `/v1/items/${one.id}`);
    expect(await labelsOf(copies[0].id)).toEqual(['cat', 'dog']);
    const [row] = await fovea.platform.engines.db.many<{ count: number }>(sql`select count(*) from blobs where sha256 = (select sha256 from items where id = ${one.id})`);
    expect(row?.count).toBe(1);
  });

  test('a filter, without metadata and annotations, into a folder of a dataset that exists, itself included', async () => {
    const source = await make('source', { '/a.txt': 'one', '/b.txt': 'two' });
    const [a] = await itemsOf(source);
    await label(a.id, 'cat');
    const body = { into: source, folder: '/copy', filter: { path: '/a.txt' }, withMetadata: false, withAnnotations: false };
    const answer = await fovea.call('POST', `/v1/datasets/${source}/clone`, { body });
    expect(await wait(answer.body)).toMatchObject({ status: 'complete', result: { items: 1, annotations: 0 } });
    const items = await itemsOf(source);
    expect(items.map((item) => [item.path, item.labels, item.metadata, item.annotationCount])).toEqual([
      ['/a.txt', ['l'], { a: 1 }, 1],
      ['/b.txt', ['l'], { a: 1 }, 0],
      ['/copy/a.txt', [], {}, 0],
    ]);
    expect((await fovea.call('GET', `/v1/datasets/${source}`)).body.itemCount).toBe(3);
  });

  test('datasets.clone 409 for a name that is taken, datasets.clone 400 for what makes no sense', async () => {
    const source = await make('source', {});
    expect((await fovea.call('POST', `/v1/datasets/${source}/clone`, { body: { name: 'source' } })).status).toBe(409);
    for (const body of [{}, { name: 'x', into: source }, { into: source }, { name: 'x', filter: { nothing: 1 } }, { name: 'x', onConflict: 'folder' }]) {
      expect((await fovea.call('POST', `/v1/datasets/${source}/clone`, { body })).status).toBe(400);
    }
  });

  test('a source that is deleted meanwhile fails the clone, and no half of it stays', async () => {
    const source = await make('source', { '/a.txt': 'one' });
    const { db } = fovea.platform.engines;
    // Held back until the source is gone: the row lock of this transaction makes the first step wait.
    let command: any;
    await db.tx(async (tx) => {
      await tx.run(sql`update datasets set deleted_at = now() where id = ${source}`);
      const dataset = await db.tx(async () => source);
      command = (await fovea.call('POST', `/v1/datasets/${dataset}/clone`, { body: { name: 'copy' } })).body;
    });
    expect(await wait(command)).toMatchObject({ status: 'failed', message: expect.stringContaining('was deleted while it was copied') });
    expect((await fovea.call('GET', `/v1/datasets/${command.subjectId}`)).status).toBe(404);
  });
});

describe('merge', () => {
  const sources = async () => [
    await make('x', { '/same.txt': 'same', '/other.txt': 'of x', '/x.txt': 'x' }),
    await make('y', { '/same.txt': 'same', '/other.txt': 'of y', '/y.txt': 'y' }),
  ];
  const merge = async (body: object) => {
    const answer = await fovea.call('POST', '/v1/datasets/merge', { body });
    expect(answer.status).toBe(202);
    return wait(answer.body);
  };

  test('datasets.merge 202 unites the same bytes with the annotations of both, and keeps others beside', async () => {
    const [x = '', y = ''] = await sources();
    for (const source of [x, y]) {
      const same = (await itemsOf(source)).find((item) => item.path === '/same.txt');
      await label(same.id, `of ${source === x ? 'x' : 'y'}`);
    }
    const done = await merge({ name: 'merged', sources: [x, y] });
    expect(done).toMatchObject({ status: 'complete', result: { items: 5, annotations: 2 } });
    const items = await itemsOf(done.subjectId);
    expect(items.map((item) => item.path.replace(/~[0-9a-f]{12}/, '~id'))).toEqual(['/other.txt', '/other~id.txt', '/same.txt', '/x.txt', '/y.txt']);
    expect(items[2].annotationCount).toBe(2);
    expect(await labelsOf(items[2].id)).toEqual(['of x', 'of y']);
    expect((await fovea.call('GET', `/v1/datasets/${done.subjectId}`)).body).toMatchObject({ kind: 'merge', sources: [x, y], itemCount: 5 });
  });

  test.each([
    ['first', ['/other.txt', 'of x'], 4],
    ['last', ['/other.txt', 'of y'], 4],
    ['folder', ['/x/other.txt', 'of x'], 6],
  ])('rule %s', async (onConflict, [path, text], count) => {
    const done = await merge({ name: 'merged', sources: await sources(), onConflict });
    const items = await itemsOf(done.subjectId);
    expect(items.length).toBe(count);
    expect((await fovea.call('GET', `/v1/datasets/${done.subjectId}`)).body.itemCount).toBe(count);
    expect(await textOf(items.find((item) => item.path === path).id)).toBe(text);
  });

  test('rule error fails and names the path; datasets.merge 409 and 400', async () => {
    const [x, y] = await sources();
    const done = await merge({ name: 'merged', sources: [x, y], onConflict: 'error' });
    expect(done).toMatchObject({ status: 'failed', message: expect.stringContaining('"/other.txt"') });
    expect((await fovea.call('POST', '/v1/datasets/merge', { body: { name: 'x', sources: [x, y] } })).status).toBe(409);
    expect((await fovea.call('POST', '/v1/datasets/merge', { body: { name: 'z', sources: [x, x] } })).status).toBe(400);
    expect((await fovea.call('POST', '/v1/datasets/merge', { body: { name: 'z', sources: [] } })).status).toBe(400);
  });
});
