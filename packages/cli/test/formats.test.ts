// Import, export and convert: against a real platform, and without one.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../server/src/testing/platform.ts';
import { runCli } from '../src/testing.ts';

// Some go through every format.
vi.setConfig({ testTimeout: 120_000 });

let platform: TestPlatform;
let folder: string;

const fovea = (args: readonly string[]) => runCli(args, { cwd: folder, env: { HOME: folder, FOVEA_URL: platform.url, FOVEA_KEY: platform.key } });
const json = async (args: readonly string[]): Promise<any> => {
  const { code, out, err } = await fovea([...args, '--json']);
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out);
};

beforeAll(async () => {
  platform = await startTestPlatform();
  folder = mkdtempSync(join(tmpdir(), 'fovea-cli-formats-'));
  mkdirSync(join(folder, 'coco', 'images'), { recursive: true });
  for (const [index, name] of ['a.png', 'b.png'].entries()) {
    writeFileSync(join(folder, 'coco', 'images', name), await sharp({ create: { width: 64, height: 48, channels: 3, background: { r: index, g: 1, b: 1 } } }).png().toBuffer());
  }
  const coco = {
    images: [{ id: 1, file_name: 'a.png', width: 64, height: 48 }, { id: 2, file_name: 'b.png', width: 64, height: 48 }],
    annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [4, 8, 16, 24], iscrowd: 0 }, { id: 2, image_id: 2, category_id: 2, bbox: [0, 0, 10, 10], attributes: { wet: true } }],
    categories: [{ id: 1, name: 'car' }, { id: 2, name: 'dog' }],
  };
  writeFileSync(join(folder, 'coco', 'annotations.json'), JSON.stringify(coco));
  await fovea(['projects', 'create', 'Street']);
});
afterAll(async () => {
  await platform.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('with a platform', () => {
  test('import fills a dataset from a folder; again, nothing comes twice; a dry run changes nothing', async () => {
    const dry = await fovea(['import', 'coco', '--dataset', 'Night', '--create', '--project', 'Street', '--dry-run']);
    expect([dry.code, dry.out]).toEqual([0, expect.stringContaining('dry run: nothing was changed')]);
    const done = await json(['import', 'coco', '--dataset', 'Night', '--create-labels', '--publish']);
    expect(done).toMatchObject({ format: 'coco', items: { created: 2 }, annotations: { imported: 2 }, labels: { created: ['car', 'dog'] } });
    const again = await fovea(['import', join('coco', 'annotations.json'), '--dataset', 'Night', '--losses', 'lost.ndjson']);
    expect(again.out).toContain('0 imported, 2 there already');
    expect(readFileSync(join(folder, 'lost.ndjson'), 'utf8')).toBe('');
  });
  test('export writes an archive or a folder, with a table of what was lost', async () => {
    const told = await fovea(['export', '--dataset', 'Night', '--format', 'yolo', '--media', 'included', '--splits', 'train=1', '--to', 'out']);
    expect([told.code, told.out]).toEqual([0, expect.stringMatching(/2 items of "Night" as yolo[^]*OUTCOME[^]*attributes left out/)]);
    expect(readdirSync(join(folder, 'out'), { recursive: true })).toEqual(expect.arrayContaining(['data.yaml', join('labels', 'train', 'a.txt'), join('images', 'train', 'b.png')]));
    const made = await json(['export', '--dataset', 'Night', '--format', 'coco', '--filter', '{"path":"/a.png"}', '--to', 'night.zip', '--losses', 'lost.ndjson']);
    expect(made).toMatchObject({ status: 'complete', items: 1, path: join(folder, 'night.zip'), report: { kept: 1 } });
    expect(readFileSync(join(folder, 'night.zip')).length).toBe(made.sizeBytes);
  });
  test('wrong usage is told before anything is done', async () => {
    expect((await fovea(['export', '--dataset', 'Night', '--format', 'kitty'])).code).toBe(2);
    expect((await fovea(['export', '--dataset', 'Night', '--format', 'coco', '--filter', 'red'])).err).toContain('must be a filter of the query language');
    expect((await fovea(['export', '--dataset', 'Night', '--format', 'coco', '--splits', 'half'])).err).toContain('shares such as train=0.8');
    expect((await fovea(['export', '--dataset', 'Night', '--format', 'coco', '--to', 'coco'])).err).toContain('is not empty');
    expect((await fovea(['import', 'nothing', '--dataset', 'Night'])).err).toContain('does not exist');
    writeFileSync(join(folder, 'broken.json'), '{"images":[{');
    const failed = await fovea(['import', 'broken.json', '--dataset', 'Night', '--format', 'coco']);
    expect([failed.code, failed.err]).toEqual([1, expect.stringMatching(/The import \S+ is failed: broken\.json/)]);
  });
});

describe('without a platform', () => {
  const alone = (args: readonly string[]) => runCli(args, { cwd: folder, env: { HOME: folder } });
  test('convert there and back, from folder to folder to archive', async () => {
    const there = await alone(['convert', 'coco', 'cvat', '--to', 'cvat']);
    expect([there.code, there.out]).toEqual([0, expect.stringContaining('2 items from coco to cvat')]);
    expect(readdirSync(join(folder, 'cvat'), { recursive: true })).toEqual(expect.arrayContaining(['annotations.xml', join('images', 'a.png')]));
    const back = await alone(['convert', 'cvat', 'back.zip', '--from', 'cvat', '--to', 'coco', '--json']);
    expect(JSON.parse(back.out)).toMatchObject({ from: 'cvat', to: 'coco', items: 2, reading: { kept: 2 }, writing: { dropped: 0 } });
    const twice = await alone(['convert', 'cvat', 'twice.zip', '--to', 'coco']);
    expect([twice.code, readFileSync(join(folder, 'twice.zip')).equals(readFileSync(join(folder, 'back.zip')))]).toEqual([0, true]);
  });
  test('what is lost is written line by line; nothing is overwritten unasked', async () => {
    const { code } = await alone(['convert', 'coco', 'yolo', '--to', 'yolo', '--no-media', '--losses', 'yolo.ndjson']);
    const lines = readFileSync(join(folder, 'yolo.ndjson'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    expect([code, lines]).toEqual([0, [expect.objectContaining({ step: 'writing', outcome: 'approximated', path: 'b.png', how: 'attributes left out' })]]);
    expect((await alone(['convert', 'coco', 'yolo', '--to', 'yolo'])).code).toBe(2);
    expect((await alone(['convert', 'coco', 'yolo', '--to', 'yolo', '--overwrite'])).code).toBe(0);
    expect((await alone(['convert', 'nowhere', 'x', '--to', 'coco'])).code).toBe(2);
    // What is read is never written over.
    for (const into of ['coco', join('coco', 'inside'), join('coco', 'inside.zip')]) {
      const { code: refused, err } = await alone(['convert', 'coco', into, '--to', 'yolo', '--overwrite']);
      expect([refused, err]).toEqual([2, expect.stringContaining('write to another place')]);
    }
    writeFileSync(join(folder, 'torn.json'), readFileSync(join(folder, 'coco', 'annotations.json')).subarray(0, 200));
    writeFileSync(join(folder, 'before.zip'), 'what was there');
    expect((await alone(['convert', 'torn.json', 'before.zip', '--from', 'coco', '--to', 'cvat', '--overwrite'])).code).toBe(1);
    expect(readFileSync(join(folder, 'before.zip'), 'utf8')).toBe('what was there');
    expect(readdirSync(folder).filter((name) => name.includes('.part'))).toEqual([]);
    writeFileSync(join(folder, 'text.doc'), 'a text');
    expect((await alone(['convert', 'text.doc', 'x', '--to', 'coco'])).err).toContain('no label format that is known');
  });
  test('files that the format says nothing of are told; a format that nothing fits is refused', async () => {
    mkdirSync(join(folder, 'mixed'));
    writeFileSync(join(folder, 'mixed', 'annotations.json'), readFileSync(join(folder, 'coco', 'annotations.json')));
    writeFileSync(join(folder, 'mixed', 'notes.pdf'), 'who knows');
    const { out } = await alone(['convert', 'mixed', 'mixed-out', '--to', 'datumaro', '--json']);
    expect(JSON.parse(out).reading.notes).toEqual([{ outcome: 'noted', path: 'notes.pdf', how: 'file left out: nothing in it was understood as COCO (instances and key points)' }]);
    const wrong = await alone(['convert', 'mixed', 'wrong', '--from', 'cvat', '--to', 'coco']);
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('can be read as CVAT XML 1.1')]);
    expect(existsSync(join(folder, 'wrong'))).toBe(false);
  });
  test('lists of parts beside a format go along', async () => {
    mkdirSync(join(folder, 'listed', 'splits'), { recursive: true });
    writeFileSync(join(folder, 'listed', 'annotations.json'), readFileSync(join(folder, 'coco', 'annotations.json')));
    for (const [part, name] of [['train', 'a.png'], ['val', 'b.png']] as const) writeFileSync(join(folder, 'listed', 'splits', `${part}.txt`), `images/${name}\n`);
    expect((await alone(['convert', 'listed', 'listed-out', '--to', 'yolo'])).code).toBe(0);
    expect(readdirSync(join(folder, 'listed-out', 'labels'), { recursive: true })).toEqual(expect.arrayContaining([join('train', 'a.txt'), join('val', 'b.txt')]));
  });
  test('items and annotations are chosen, and divided into folders or lists, as an export does', async () => {
    const filter = '{"having":{"annotations":{"label":"dog"}}}';
    const chosen = JSON.parse((await alone(['convert', 'coco', 'chosen', '--to', 'voc', '--filter', filter, '--annotations', '{"label":{"in":["dog"]}}', '--json'])).out);
    expect([chosen.items, chosen.leftOut, chosen.writing.items]).toEqual([1, { items: 1, annotations: 0 }, 1]);
    expect(readdirSync(join(folder, 'chosen', 'Annotations'))).toEqual(['b.xml']);
    expect((await alone(['convert', 'coco', 'parted', '--to', 'yolo', '--splits', 'train=1'])).code).toBe(0);
    expect(readdirSync(join(folder, 'parted', 'labels', 'train'))).toEqual(['a.txt', 'b.txt']);
    expect((await alone(['convert', 'parted', 'lists', '--to', 'labelme', '--split-style', 'lists'])).code).toBe(0);
    expect(readFileSync(join(folder, 'lists', 'splits', 'train.txt'), 'utf8').trim().split('\n').every((path) => existsSync(join(folder, 'lists', path)))).toBe(true);
    expect((await alone(['convert', 'parted', 'whole', '--to', 'coco', '--splits', 'none'])).code).toBe(0);
    const written = readdirSync(join(folder, 'whole'), { recursive: true }).join(' ');
    expect([written.includes('default.json'), written.includes('train.json')]).toEqual([true, false]);
  });
  test.each([
    [['--filter', '{"colour":"red"}'], '"colour" is not a field of items; allowed: path, name'],
    [['--annotations', '{"label":{"like":"c"}}'], 'filter.label.like'],
    [['--splits', 'train=0.5'], 'must have shares that sum to 1'],
    [['--splits', 'label:train'], 'no labels of items'],
  ])('convert %j is refused before anything is written', async (flags, message) => {
    const { code, err } = await alone(['convert', 'coco', 'refused', '--to', 'voc', ...flags]);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  });
  test('formats lists what each keeps', async () => {
    const { code, out } = await alone(['formats']);
    expect([code, out]).toEqual([0, expect.stringMatching(/FORMAT[^]*coco[^]*webdataset/)]);
  });
});
