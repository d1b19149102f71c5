import { readFile } from 'node:fs/promises';
import { annotationContent } from '@fovea/contract';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { analyticBench, readJson } from '../test-support/bench.ts';

const bench = analyticBench();

describe('agreement', () => {
  const box = (label: string, x: number, size = 40) =>
    annotationContent.parse({ type: 'box', label, geometry: { type: 'box', x, y: 10, width: size, height: size } });
  const kind = (label: string) =>
    annotationContent.parse({ type: 'classification', label, geometry: { type: 'classification' } });

  it('measures items, people, pairs and labels', async () => {
    const items = [
      {
        id: '1',
        answers: [
          { by: 'ada', annotations: [box('cat', 0), box('dog', 100)] },
          { by: 'bob', annotations: [box('cat', 2), box('dog', 102)] },
          { by: 'eve', annotations: [box('dog', 0)] },
        ],
      },
      {
        id: '2',
        answers: [
          { by: 'ada', annotations: [] },
          { by: 'bob', annotations: [] },
        ],
      },
      { id: '3', answers: [{ by: 'ada', annotations: [box('cat', 5)] }] },
    ];
    const path = await bench.file('answers.json', JSON.stringify({ items }));
    const { files, summary } = await bench.run('agreement', { answers: path }, { reference: 'ada' });
    const report = await readJson<{
      items: { agreement: number | null }[];
      people: Record<string, unknown>[];
      pairs: Record<string, unknown>[];
      confusion: unknown;
    }>(files[0]!.path);
    // ada-bob 1; ada-eve and bob-eve: the one common object has another label: 0.
    expect(report.items.map(({ agreement }) => agreement)).toEqual([0.3333, 1, null]);
    expect(report.pairs).toContainEqual({ a: 'ada', b: 'bob', items: 2, agreement: 1, likeness: 0.9048, sameLabel: 1 });
    expect(report.people).toContainEqual({
      by: 'bob',
      items: 2,
      annotations: 2,
      agreement: 0.6667,
      precision: 1,
      recall: 1,
    });
    expect(report.people).toContainEqual({
      by: 'eve',
      items: 1,
      annotations: 1,
      agreement: 0,
      precision: 0,
      recall: 0,
    });
    expect(report.confusion).toEqual({
      labels: ['cat', 'dog'],
      counts: [
        [1, 2],
        [2, 1],
      ],
    });
    expect(summary).toMatchObject({ items: 3, people: 3, agreement: 0.6667, alpha: null });
    for (const file of files.slice(1)) expect((await sharp(await readFile(file.path)).metadata()).format).toBe('svg');
  });

  it('gives Krippendorff α for classifications', async () => {
    const answers = (a: string, b: string) => [
      { by: 'a', annotations: [kind(a)] },
      { by: 'b', annotations: [kind(b)] },
    ];
    const labels = [
      ['x', 'x'],
      ['x', 'x'],
      ['y', 'y'],
      ['y', 'x'],
    ] as const;
    const items = labels.map(([a, b], id) => ({ id: String(id), answers: answers(a, b) }));
    const { summary } = await bench.run('agreement', {
      answers: await bench.file('kinds.json', JSON.stringify({ items })),
    });
    // Of 8 values 5 are x: expected disagreement 2·5·3/(8·7), observed 2/8; α = 1 − 0.25 / 0.5357.
    expect(summary!.alpha).toBeCloseTo(0.5333, 3);
    await expect(
      bench.run('agreement', { answers: await bench.file('again.json', JSON.stringify({ items })) }, { reference: 'zoe' }),
    ).rejects.toThrow('nobody called zoe');
  });
});
