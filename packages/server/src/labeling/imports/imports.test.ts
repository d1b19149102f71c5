import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { formats, memorySpool } from '@fovea/formats';
import { pack } from 'tar-stream';
import sharp from 'sharp';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { selectCommand } from '../../catalog/commands/store.ts';
import { systemCaller } from '../../identity/caller.ts';
import { ZipWriter } from '../../media/archives/index.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';
import { runImport } from './background.ts';
import { selectImport } from './store.ts';

// Some go through every format.
vi.setConfig({ testTimeout: 120_000 });

let fovea: TestPlatform;
let project: string;

beforeAll(async () => {
  fovea = await startTestPlatform();
  project = (await fovea.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
});
afterAll(() => fovea.close());

let count = 0;
const newDataset = async (): Promise<string> => (await fovea.call('POST', '/v1/datasets', { body: { project, name: `d${count++}` } })).body.id;
const picture = (red: number) => sharp({ create: { width: 64, height: 48, channels: 3, background: { r: red, g: 9, b: 9 } } }).png().toBuffer();
const upload = async (dataset: string, path: string, bytes: Uint8Array): Promise<string> => {
  const { body } = await fovea.call('POST', `/v1/datasets/${dataset}/items?path=${path}`, { body: bytes });
  await fovea.probed(body.item.id);
  return body.item.id;
};
/** Ten frames of 64 by 48. */
function film(): Buffer {
  const path = join(mkdtempSync(join(tmpdir(), 'fovea-film-')), 'film.mp4');
  try {
    execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-f', 'lavfi', '-i', 'testsrc=duration=1:size=64x48:rate=10', '-pix_fmt', 'yuv420p', path]);
    return readFileSync(path);
  } finally {
    rmSync(dirname(path), { recursive: true });
  }
}
async function zip(files: Record<string, string | Uint8Array>): Promise<Buffer> {
  const writer = new ZipWriter(memorySpool());
  const parts: Uint8Array[] = [];
  for (const [path, content] of Object.entries(files)) for await (const part of writer.entry(path, [Buffer.from(content as string)])) parts.push(part);
  for await (const part of writer.end()) parts.push(part);
  return Buffer.concat(parts);
}
async function imported(dataset: string, body: Uint8Array | string, query = ''): Promise<any> {
  const made = await fovea.call('POST', `/v1/datasets/${dataset}/imports?${query}`, { body });
  if (made.status !== 202) throw new Error(JSON.stringify(made.body));
  return (await fovea.call('GET', `/v1/imports/${made.body.id}?waitSeconds=60`)).body;
}
const annotationsOf = async (dataset: string): Promise<any[]> => (await fovea.call('POST', `/v1/datasets/${dataset}/annotations/query`, { body: { limit: 1000 } })).body.data;
const annotationCount = async (dataset: string): Promise<number> => (await fovea.call('POST', `/v1/datasets/${dataset}/annotations/count`, { body: {} })).body.count;
const itemsOf = async (dataset: string): Promise<any[]> => (await fovea.call('GET', `/v1/datasets/${dataset}/items?limit=1000`)).body.data;

const coco = (names: readonly string[], more: object = {}) =>
  JSON.stringify({
    images: names.map((file_name, index) => ({ id: index + 1, file_name, width: 64, height: 48, ...more })),
    annotations: names.map((_, index) => ({ id: index + 1, image_id: index + 1, category_id: 1 + (index % 2), bbox: [index % 50, 2, 10, 5] })),
    categories: [{ id: 1, name: 'car', supercategory: 'vehicle' }, { id: 2, name: 'dog' }],
  });

describe('what is imported', () => {
  test('imports.create 202, imports.get 200: a COCO file finds its items by path and name, and says what it did', async () => {
    const dataset = await newDataset();
    await upload(dataset, '/photos/a.png', await picture(1));
    await upload(dataset, '/b.png', await picture(2));
    const done = await imported(dataset, coco(['b.png', 'a.png', 'missing.png']), 'name=labels.json');
    expect(done).toMatchObject({ status: 'complete', format: 'coco', fileName: 'labels.json', items: { read: 3, matched: 2, created: 0, unmatched: 1 }, annotations: { imported: 2, existing: 0, deleted: 0, dropped: 1 } });
    expect(done.guesses[0]).toMatchObject({ format: 'coco' });
    expect(done.labels).toEqual({ found: ['car', 'dog'], unknown: ['car', 'dog'], created: [] });
    expect(done.report).toMatchObject({ items: 3, kept: 2, dropped: 1 });
    expect(done.report.notes).toEqual(expect.arrayContaining([{ outcome: 'noted', path: 'missing.png', how: 'image left out: there is no item for it in the dataset' }]));
    const annotations = await annotationsOf(dataset);
    expect(annotations.map(({ label, geometry, source }) => [label, geometry.x, source]).sort()).toEqual([['car', 0, 'import'], ['dog', 1, 'import']]);
    expect((await itemsOf(dataset)).map(({ annotationCount }) => annotationCount)).toEqual([1, 1]);
  });

  test('imported twice, nothing comes twice; also not what was exported from here', async () => {
    const dataset = await newDataset();
    const item = await upload(dataset, '/a.png', await picture(1));
    const first = await imported(dataset, coco(['a.png']));
    const again = await imported(dataset, coco(['a.png']));
    expect([first.annotations.imported, again.annotations.imported, again.annotations.existing]).toEqual([1, 0, 1]);
    const mask = { type: 'mask', label: 'dog', geometry: { type: 'mask', rle: { size: [48, 64], counts: [100, 50, 2922] } } };
    await fovea.call('POST', `/v1/items/${item}/annotations`, { body: { annotations: [mask, { ...mask, type: 'polygon', confidence: 0.123456789, geometry: { type: 'polygon', points: [[1, 1], [20.5, 1], [9, 30.25]] } }] } });
    for (const format of ['coco', 'datumaro', 'parquet', 'fiftyone']) {
      const made = (await fovea.call('POST', `/v1/datasets/${dataset}/exports`, { body: { format } })).body;
      const { url } = (await fovea.call('GET', `/v1/exports/${made.id}?waitSeconds=60`)).body;
      const back = await imported(dataset, Buffer.from(await (await fetch(url)).arrayBuffer()));
      expect([format, back.format, back.annotations]).toEqual([format, format, { imported: 0, existing: 3, deleted: 0, dropped: 0 }]);
    }
    expect(await annotationsOf(dataset)).toHaveLength(3);
  });

  test('an archive with media fills an empty dataset; a second import of it changes nothing', async () => {
    const dataset = await newDataset();
    const files = {
      'set/data.yaml': 'names: [car, dog]\ntrain: images/train\nval: images/val\n',
      'set/images/train/a.png': await picture(1),
      'set/images/val/b.png': await picture(2),
      'set/images/val/unlabelled.png': await picture(3),
      'set/labels/train/a.txt': '0 0.5 0.5 0.25 0.5\n',
      'set/labels/val/b.txt': '1 0.5 0.5 0.5 0.5\n1 broken\n',
      'set/notes.pdf': 'who knows',
    };
    const done = await imported(dataset, await zip(files), 'status=published');
    expect(done).toMatchObject({ status: 'complete', format: 'yolo', items: { read: 3, created: 3, unmatched: 0 }, annotations: { imported: 2, dropped: 1 } });
    expect(done.report.notes.map(({ path }: any) => path)).toContain('set/notes.pdf');
    const items = await itemsOf(dataset);
    expect(items.map(({ path, status, metadata, annotationCount }) => [path, status, metadata.split, annotationCount])).toEqual([['/a.png', 'published', 'train', 1], ['/b.png', 'published', 'val', 1], ['/unlabelled.png', 'published', 'val', 0]]);
    expect((await annotationsOf(dataset)).find(({ label }) => label === 'car').geometry).toEqual({ type: 'box', x: 24, y: 12, width: 16, height: 24 });
    const again = await imported(dataset, await zip(files));
    expect([again.items.created, again.items.matched, again.annotations.imported, again.annotations.existing]).toEqual([0, 3, 0, 2]);
  });

  test.each(formats.filter(({ read }) => read).map(({ name }) => name))('%s goes out and comes into an empty dataset, known by its files; again, and back to where it came from, nothing comes twice', async (format) => {
    const source = await newDataset();
    for (const [index, name] of ['street/a.png', 'b.png', 'unlabelled.png', 'film.mp4'].entries()) {
      const id = await upload(source, `/${name}`, name.endsWith('.mp4') ? film() : await picture(index));
      const frame = name.endsWith('.mp4') ? { frame: 1 } : {};
      const box = { type: 'box', label: 'car', geometry: { type: 'box', x: 4, y: 8, width: 16, height: 24 }, ...frame };
      const mask = { type: 'mask', label: 'tree', geometry: { type: 'mask', rle: { size: [48, 64], counts: [96, 96, 2880] } } };
      const others = [
        { type: 'polygon', label: 'dog', geometry: { type: 'polygon', points: [[10, 10], [50, 10], [10, 40]] }, attributes: { wet: true } },
        { type: 'keypoints', label: 'person', geometry: { type: 'keypoints', points: [{ name: 'nose', x: 10, y: 10, visibility: 2 }, { name: 'tail', x: 20, y: 30, visibility: 1 }] } },
        { type: 'classification', label: 'night', geometry: { type: 'classification' } },
        mask,
      ];
      const annotations = name === 'unlabelled.png' ? [] : name === 'street/a.png' ? [box, ...others] : [box];
      if (annotations.length > 0) expect((await fovea.call('POST', `/v1/items/${id}/annotations`, { body: { annotations } })).status).toBe(201);
    }
    const made = (await fovea.call('POST', `/v1/datasets/${source}/exports`, { body: { format, media: 'included' } })).body;
    const { url, report } = (await fovea.call('GET', `/v1/exports/${made.id}?waitSeconds=60`)).body;
    expect(report.kept + report.approximated + report.dropped).toBe(7);
    const archive = Buffer.from(await (await fetch(url)).arrayBuffer());
    const target = await newDataset();
    const done = await imported(target, archive, 'createLabels=true');
    expect(done).toMatchObject({ status: 'complete', format, items: { unmatched: 0, matched: 0 } });
    expect(done.items.created).toBe(report.items);
    expect(done.annotations).toMatchObject({ existing: 0, dropped: 0, deleted: 0 });
    expect(done.annotations.imported).toBeGreaterThanOrEqual(report.kept);
    expect(done.report.notes.filter(({ how }: any) => how.startsWith('file left out'))).toEqual([]);
    const again = await imported(target, archive);
    expect([again.items.created, again.items.matched, again.annotations.imported, again.annotations.existing]).toEqual([0, report.items, 0, done.annotations.imported]);
    const back = await imported(source, archive);
    expect([back.items.created, back.annotations.imported]).toEqual([0, 0]);
  });

  test.each(['yolo', 'coco', 'labelme'])('lists of parts come back: %s', async (format) => {
    const [source, target] = [await newDataset(), await newDataset()];
    for (const [index, split] of ['train', 'val'].entries()) {
      const { body } = await fovea.call('POST', `/v1/datasets/${source}/items?path=/x/${index}.png&metadata=${encodeURIComponent(JSON.stringify({ split }))}`, { body: await picture(index) });
      await fovea.probed(body.item.id);
    }
    const made = (await fovea.call('POST', `/v1/datasets/${source}/exports`, { body: { format, media: 'included', splitStyle: 'lists' } })).body;
    const { url } = (await fovea.call('GET', `/v1/exports/${made.id}?waitSeconds=60`)).body;
    await imported(target, Buffer.from(await (await fetch(url)).arrayBuffer()), `format=${format}`);
    expect((await itemsOf(target)).map(({ path, metadata }) => [path, metadata.split])).toEqual([['/x/0.png', 'train'], ['/x/1.png', 'val']]);
  });

  test('metadata of an item that was there before stay, and what the files say besides is told', async () => {
    const [from, to] = [await newDataset(), await newDataset()];
    const metadata = (value: object) => encodeURIComponent(JSON.stringify(value));
    const { body: there } = await fovea.call('POST', `/v1/datasets/${from}/items?path=/a.png&metadata=${metadata({ city: 'Bern', wet: true })}`, { body: await picture(1) });
    const { body: here } = await fovea.call('POST', `/v1/datasets/${to}/items?path=/a.png&metadata=${metadata({ city: 'Genf' })}`, { body: await picture(2) });
    for (const { item } of [there, here]) await fovea.probed(item.id);
    const made = (await fovea.call('POST', `/v1/datasets/${from}/exports`, { body: { format: 'datumaro' } })).body;
    const { url } = (await fovea.call('GET', `/v1/exports/${made.id}?waitSeconds=60`)).body;
    const done = await imported(to, Buffer.from(await (await fetch(url)).arrayBuffer()));
    expect(done.report.notes).toContainEqual({ outcome: 'noted', path: 'a.png', how: 'metadata left out, as the item was there before and keeps its own: city, wet' });
    expect((await itemsOf(to))[0].metadata).toEqual({ city: 'Genf' });
  });

  test('a dry run says the same and changes nothing', async () => {
    const dataset = await newDataset();
    const bytes = await zip({ 'annotations/instances.json': coco(['a.png', 'b.png']), 'images/a.png': await picture(1), 'images/b.png': await picture(2) });
    const dry = await imported(dataset, bytes, 'dryRun=true&createLabels=true');
    expect([await itemsOf(dataset), await annotationsOf(dataset)]).toEqual([[], []]);
    expect((await fovea.call('GET', `/v1/datasets/${dataset}`)).body.recipeId).toBeNull();
    const real = await imported(dataset, bytes);
    expect([dry.items, dry.annotations, dry.report.sums]).toEqual([real.items, real.annotations, real.report.sums]);
  });

  test('labels are created in the recipe when asked, and added to one that is there', async () => {
    const dataset = await newDataset();
    await upload(dataset, '/a.png', await picture(1));
    const done = await imported(dataset, coco(['a.png']), 'createLabels=true');
    expect(done.labels).toEqual({ found: ['car', 'dog'], unknown: ['car', 'dog'], created: ['car', 'dog'] });
    const { recipeId } = (await fovea.call('GET', `/v1/datasets/${dataset}`)).body;
    const recipe = (await fovea.call('GET', `/v1/recipes/${recipeId}`)).body;
    expect(recipe.labels.map(({ name, parent }: any) => [name, parent])).toEqual([['vehicle', undefined], ['car', 'vehicle'], ['dog', undefined]]);
    const more = coco(['a.png']).replace('"dog"', '"cat"');
    expect((await imported(dataset, more, 'createLabels=true')).labels).toMatchObject({ unknown: ['cat'], created: ['cat'] });
    expect((await fovea.call('GET', `/v1/recipes/${recipeId}`)).body).toMatchObject({ version: 2 });
  });

  test('replace takes away what the file does not have, on the items that it speaks of', async () => {
    const dataset = await newDataset();
    const [a, b] = [await upload(dataset, '/a.png', await picture(1)), await upload(dataset, '/b.png', await picture(2))];
    const old = { type: 'point', label: 'old', geometry: { type: 'point', x: 1, y: 1 } };
    for (const item of [a, b]) await fovea.call('POST', `/v1/items/${item}/annotations`, { body: { annotations: [old] } });
    const done = await imported(dataset, coco(['a.png']), 'annotations=replace');
    expect(done.annotations).toEqual({ imported: 1, existing: 0, deleted: 1, dropped: 0 });
    expect((await annotationsOf(dataset)).map(({ itemId, label }) => [itemId === a ? 'a' : 'b', label]).sort()).toEqual([['a', 'car'], ['b', 'old']]);
  });

  test('items are matched by digest; names that several items have are not guessed', async () => {
    const dataset = await newDataset();
    const bytes = await picture(7);
    await upload(dataset, '/one/a.png', await picture(1));
    await upload(dataset, '/two/a.png', await picture(2));
    await upload(dataset, '/renamed.png', bytes);
    const ambiguous = await imported(dataset, coco(['a.png']));
    expect(ambiguous.report.notes[0].how).toContain('several items of the dataset have its name');
    const byDigest = await imported(dataset, await zip({ 'a.json': coco(['original.png']), 'original.png': bytes }), 'match=sha256');
    expect(byDigest.items).toEqual({ read: 1, matched: 1, created: 0, unmatched: 0 });
    expect(await itemsOf(dataset)).toHaveLength(3);
    const byPath = await imported(dataset, coco(['a.png']), 'match=path&into=two');
    expect(byPath.items.matched).toBe(1);
    const wrongSize = await imported(dataset, coco(['renamed.png'], { width: 640, height: 480 }), 'match=name');
    expect(wrongSize.report.notes[0].how).toContain('another size');
  });

  test('the same comes in from ZIP, TAR and TAR.GZ, and from a single file', async () => {
    const tar = pack();
    tar.entry({ name: 'x/labels.json' }, coco(['a.png']));
    tar.finalize();
    const tarred = Buffer.concat(await Array.fromAsync(tar as AsyncIterable<Buffer>));
    const { gzipSync } = await import('node:zlib');
    for (const [body, name] of [[await zip({ 'labels.json': coco(['a.png']) }), 'x.zip'], [tarred, 'x.tar'], [gzipSync(tarred), 'x.tar.gz'], [gzipSync(coco(['a.png'])), 'labels.json.gz'], [coco(['a.png']), 'labels.json']] as const) {
      const dataset = await newDataset();
      await upload(dataset, '/a.png', await picture(1));
      expect([name, (await imported(dataset, body, `name=${name}`)).annotations.imported]).toEqual([name, 1]);
    }
  });

  test('what the database cannot keep is dropped and said so, and the rest comes in', async () => {
    const dataset = await newDataset();
    await upload(dataset, '/a.png', await picture(1));
    await upload(dataset, '/b.png', await picture(2));
    const done = await imported(dataset, coco(['a.png', 'b.png']).replace('"dog"', '"d\\u0000g"').replace('[0,2,10,5]', '[0,2,1000,5]'));
    expect(done.status).toBe('complete');
    expect(done.annotations.imported + done.annotations.dropped).toBe(2);
  });

  // MOT knows videos only.
  const both = formats.filter(({ name, read }) => read && name !== 'mot').map(({ name }) => name);
  test.each(both)('%s goes out and comes back, with the media, into an empty dataset', async (format) => {
    const source = await newDataset();
    const items = [await upload(source, '/a.png', await picture(1)), await upload(source, '/sub/b.png', await picture(2))];
    for (const [index, item] of items.entries()) {
      const label = index === 0 ? 'car' : 'dog';
      const content = format === 'yolo-classify' ? { type: 'classification', geometry: { type: 'classification' } } : { type: 'box', geometry: { type: 'box', x: 4, y: 8, width: 16, height: 24 } };
      await fovea.call('POST', `/v1/items/${item}/annotations`, { body: { annotations: [{ label, ...content }] } });
    }
    const made = (await fovea.call('POST', `/v1/datasets/${source}/exports`, { body: { format, media: 'included' } })).body;
    const { url, report } = (await fovea.call('GET', `/v1/exports/${made.id}?waitSeconds=60`)).body;
    const target = await newDataset();
    const back = await imported(target, Buffer.from(await (await fetch(url)).arrayBuffer()), `format=${format}`);
    const isWritten = report.items > 0;
    expect([back.message, back.status, back.annotations.imported, back.items.created]).toEqual([null, 'complete', report.kept + report.approximated, isWritten ? 2 : 0]);
    const paths = (await itemsOf(target)).map(({ path }) => path);
    expect(paths).toEqual(isWritten ? ['/a.png', '/sub/b.png'] : []);
  });
});

describe('a worker that dies', () => {
  test('an import goes on after the last images that came in, and counts each once', async () => {
    const dataset = await newDataset();
    const names = Array.from({ length: 450 }, (_, index) => `${String(index).padStart(3, '0')}.png`);
    const form = new FormData();
    for (const name of names) form.append('file', new File([name], `/${name}`));
    await fovea.call('POST', `/v1/datasets/${dataset}/items/bundle`, { body: form });
    const { rooms, engines } = fovea.platform;
    // A first run of it all, for the row; what it brought in is taken away again.
    const { id } = await imported(dataset, coco(names));
    await engines.db.run(sql`delete from annotations where dataset_id = ${dataset}`);
    const row = await selectImport(engines.db, id);
    const stored = await selectCommand(engines.db, id);
    if (!row || !stored) throw new Error('The import is gone.');
    const deps = { ...engines, annotations: rooms.annotations, recipes: rooms.recipes, datasets: rooms.datasets };
    const caller = systemCaller(stored.orgId);
    let state: Record<string, unknown> | null = null;
    const totals = new Set<number | null>();
    const run = (dieAt: number) => {
      let steps = 0;
      const command = { command: { ...stored, state }, caller, state, signal: AbortSignal.timeout(60_000) };
      const advance = async (step: { total: number | null; state?: Record<string, unknown> }) => {
        totals.add(step.total);
        if (++steps === dieAt) throw new Error('The worker dies.');
        state = structuredClone(step.state ?? state);
      };
      return rooms.datasets.get(caller, dataset).then((found) => runImport(deps, { ...command, advance } as never, { row, dataset: found }));
    };
    await expect(run(2)).rejects.toThrow('The worker dies.');
    expect(await annotationCount(dataset)).toBe(200);
    const done = await run(Number.POSITIVE_INFINITY);
    expect([done.items, done.annotations, done.report.kept]).toEqual([{ read: 450, matched: 450, created: 0, unmatched: 0 }, { imported: 450, existing: 0, deleted: 0, dropped: 0 }, 450]);
    expect(await annotationCount(dataset)).toBe(450);
    // COCO says how many images there are.
    expect([...totals]).toEqual([450]);
  });

  test('formats that do not say how many images there are have an estimate, and the number at the end', async () => {
    const dataset = await newDataset();
    const tasks = Array.from({ length: 500 }, (_, index) => ({ id: index, data: { image: `${index}.png` }, annotations: [{ result: [] }] }));
    const done = await imported(dataset, JSON.stringify(tasks), 'format=label-studio&name=tasks.json');
    expect(done).toMatchObject({ status: 'complete', done: 500, total: 500 });
  });
});

describe('bounds and faults', () => {
  const failure = async (body: Uint8Array | string, query = '') => {
    const done = await imported(await newDataset(), body, query);
    expect(done.status).toBe('failed');
    return done.message;
  };
  test('a path that leaves its folder ends the import, before anything is read', async () => {
    expect(await failure(await zip({ '../evil.png': 'x', 'labels.json': coco(['a.png']) }))).toContain('would leave its folder');
  });
  test('a path in a label file that leaves the dataset is left out', async () => {
    const dataset = await newDataset();
    const done = await imported(dataset, await zip({ 'labels.json': coco(['../../etc/passwd', 'C:\\x.png']) }));
    expect([done.status, done.items.read, await itemsOf(dataset)]).toEqual(['complete', 0, []]);
    expect(done.report.notes[0].how).toContain('its path is missing or leaves the dataset');
  });
  test('files that nobody knows, and broken ones, end it with a word that says why', async () => {
    expect(await failure('just a text', 'name=a.doc')).toContain('in no label format that is known');
    expect(await failure('{"images": [', 'name=a.json&format=coco')).toMatch(/a\.json/);
    expect(await failure(Buffer.from('PK\u0003\u0004broken'))).toContain('ZIP archive cannot be read');
  });
  test('what is wrong with a request is said at once', async () => {
    const dataset = await newDataset();
    const send = async (query: string, body: string | Uint8Array = 'x') => (await fovea.call('POST', `/v1/datasets/${dataset}/imports?${query}`, { body })).body;
    expect((await send('format=nothing')).errors[0].message).toContain('must be auto or one of coco');
    expect((await send('format=tfrecord')).detail).toContain('written only');
    expect((await send('', '')).errors[0]).toEqual({ path: 'body', message: 'is empty' });
  });
  test('labels are created by managers only', async () => {
    const dataset = await newDataset();
    const { organization } = (await fovea.call('GET', '/v1/me')).body;
    const { key } = await fovea.person({ orgId: organization.id, project: { id: project, role: 'developer' } });
    expect((await fovea.call('POST', `/v1/datasets/${dataset}/imports?createLabels=true`, { key, body: 'x' })).status).toBe(403);
    const reader = await fovea.person({ orgId: organization.id, project: { id: project, role: 'developer' }, scopes: ['read', 'write'] });
    expect((await fovea.call('POST', `/v1/datasets/${dataset}/imports`, { key: reader.key, body: 'x' })).status).toBe(403);
  });
  test('imports.create 400: a body that breaks off stores nothing', async () => {
    const dataset = await newDataset();
    const stop = new AbortController();
    const body = Readable.toWeb(Readable.from((async function* () { yield Buffer.alloc(100_000); stop.abort(); await new Promise((resolve) => setTimeout(resolve, 200)); yield Buffer.alloc(10); })())) as ReadableStream;
    await expect(fetch(`${fovea.url}/v1/datasets/${dataset}/imports`, { method: 'POST', body, duplex: 'half', signal: stop.signal, headers: { authorization: `Bearer ${fovea.key}` } } as RequestInit)).rejects.toThrow('aborted');
    expect((await fovea.call('GET', `/v1/datasets/${dataset}/imports`)).body.data).toEqual([]);
  });
  test('imports.list 200, imports.losses 200, imports.losses 409', async () => {
    const dataset = await newDataset();
    const done = await imported(dataset, coco(['missing.png']));
    const { data } = (await fovea.call('GET', `/v1/datasets/${dataset}/imports`)).body;
    expect(data.map(({ id, report }: any) => [id, report.notes, report.omittedNotes])).toEqual([[done.id, [], 2]]);
    const lines = await (await fetch(`${fovea.url}/v1/imports/${done.id}/losses`, { headers: { authorization: `Bearer ${fovea.key}` } })).text();
    expect(lines.trim().split('\n').map((line) => JSON.parse(line).outcome)).toEqual(['noted', 'dropped']);
    const failed = await imported(dataset, 'nothing', 'name=a.doc');
    expect((await fovea.call('GET', `/v1/imports/${failed.id}/losses`)).body.code).toBe('illegal_state');
  });
});

const shared = join(import.meta.dirname, '..', '..', '..', '..', '..', '..', 'shared', 'data');
const hasShared = statSync(shared, { throwIfNoEntry: false }) !== undefined;
describe.skipIf(!hasShared)('the real sets of ../shared/data', () => {
  const files = (folder: string): Record<string, Uint8Array> =>
    Object.fromEntries(readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => [relative(folder, join(entry.parentPath, entry.name)), readFileSync(join(entry.parentPath, entry.name))]));
  test.each(['coco', 'yolo'])('%s comes in, goes out and comes back the same', async (name) => {
    const dataset = await newDataset();
    const done = await imported(dataset, await zip(files(join(shared, name))));
    expect([done.status, done.format, done.items.unmatched]).toEqual(['complete', name, 0]);
    expect(done.annotations.imported).toBeGreaterThan(5);
    const made = (await fovea.call('POST', `/v1/datasets/${dataset}/exports`, { body: { format: name, media: 'included' } })).body;
    const { url, report } = (await fovea.call('GET', `/v1/exports/${made.id}?waitSeconds=60`)).body;
    expect(report.dropped).toBe(0);
    const back = await imported(dataset, Buffer.from(await (await fetch(url)).arrayBuffer()));
    expect([back.items.matched, back.annotations.imported, back.annotations.existing]).toEqual([done.items.read, 0, done.annotations.imported]);
  });
});
