import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { analyticBench, readJson } from '../test-support/bench.ts';

const bench = analyticBench();

describe('dataset statistics', () => {
  it('counts and plots', async () => {
    const box = (x: number, y: number, width: number, height: number) => ({ type: 'box', x, y, width, height });
    const items = [
      {
        path: '/a.jpg',
        mediaType: 'image/jpeg',
        width: 100,
        height: 50,
        bytes: 1_000,
        annotations: [
          { label: 'car', geometry: box(0, 0, 50, 25) },
          { label: 'car', geometry: box(60, 30, 10, 10) },
          { label: '<b>&', type: 'classification' },
        ],
      },
      { path: '/b.jpg', mediaType: 'image/jpeg', width: 200, height: 200, bytes: 3_000, annotations: [] },
      { path: '/c.mp4', mediaType: 'video/mp4', width: 320, height: 240, bytes: 90_000, durationSeconds: 4 },
    ];
    const path = await bench.file('items.json', JSON.stringify({ items }));
    const { files, summary } = await bench.run('dataset-stats', { items: path });
    expect(summary).toEqual({ items: 3, annotatedItems: 1, annotations: 3, labels: 2, balance: 0.9183 });
    const stats = await readJson<Record<string, unknown>>(files[0]!.path);
    expect(stats).toMatchObject({
      mediaTypes: { 'image/jpeg': 2, 'video/mp4': 1 },
      annotationTypes: { box: 2, classification: 1 },
      labels: [
        { label: 'car', annotations: 2, items: 1 },
        { label: '<b>&', annotations: 1, items: 1 },
      ],
      width: { least: 100, median: 200, most: 320 },
      objectSize: { count: 2, most: 0.5 },
    });
    expect((stats.places as number[][])[4]![4]).toBe(1);
    for (const file of files.slice(1)) {
      expect((await sharp(await readFile(file.path)).metadata()).format).toBe('svg');
      expect(await readFile(file.path, 'utf8')).not.toContain('<b>');
    }
    const plain = await bench.run('dataset-stats', { items: await bench.file('list.json', '[]') });
    expect(plain.summary).toMatchObject({ items: 0, balance: null });
  });

  it('names what is wrong with its input', async () => {
    await expect(bench.run('dataset-stats', { items: await bench.file('half.json', '{"items": [') })).rejects.toThrow(
      'half.json: is not JSON',
    );
    await expect(
      bench.run('dataset-stats', { items: await bench.file('bad.json', '{"items":[{"width":"wide"}]}') }),
    ).rejects.toMatchObject({ name: 'InputError' });
  });
});
