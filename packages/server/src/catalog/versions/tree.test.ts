import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { splitOf } from './splits.ts';
import { comparePaths, dirtySpans, dirtyStretches, inOrder, leafByte, leafOf, nodesOf, readNode, readRoot, writeRoot, type Part, type Span } from './tree.ts';

const begins = (path: string) => (createHash('sha256').update(path).digest()[0] ?? 0) < leafByte;

/** Leaves of paths, as the database groups them. */
function leavesOf(paths: readonly string[]): Span[] {
  const leaves: string[][] = [];
  for (const path of [...paths].sort(comparePaths)) {
    const last = leaves.at(-1);
    if (last && !begins(path)) last.push(path);
    else leaves.push([path]);
  }
  return leaves.map((leaf) => ({ first: leaf[0] ?? '', digest: leaf.join('|'), items: leaf.length, annotations: 0, bytes: 0 }));
}
const within = (path: string, from: string | null, to: string | null) => (from === null || comparePaths(path, from) >= 0) && (to === null || comparePaths(path, to) < 0);

test('leaves made anew where something changed are those of the whole', () => {
  for (let round = 0; round < 300; round++) {
    const before = new Set(Array.from({ length: Math.floor(Math.random() * 120) }, () => `/${Math.floor(Math.random() * 300)}`));
    const after = new Set(before);
    const changed: string[] = [];
    for (let change = 0; change < Math.random() * 8; change++) {
      const path = `/${Math.floor(Math.random() * 300)}`;
      if (!after.delete(path)) after.add(path);
      changed.push(path);
    }
    const { stretches, kept } = dirtyStretches(leavesOf([...before]), changed);
    const remade = stretches.flatMap(({ from, to }) => leavesOf([...after].filter((path) => within(path, from, to))));
    const leaves = [...kept, ...remade].sort((a, b) => comparePaths(a.first, b.first));
    expect(leaves).toEqual(leavesOf([...after]));
  }
});

test('nodes made anew where something changed are those of the whole', () => {
  const path = () => `/${Math.floor(Math.random() * 6_000)}`;
  let [whole, opened] = [0, 0];
  for (let round = 0; round < 100; round++) {
    const before = new Set(Array.from({ length: Math.floor(Math.random() * 4_000) }, path));
    const after = new Set(before);
    const changed: string[] = [];
    const old = nodesOf(leavesOf([...before]));
    const begins = old.map(({ span }) => span.first);
    for (let change = 0; change < Math.random() * 8; change++) {
      // Where nodes begin is where it is hard.
      const at = (Math.random() < 0.3 && begins[Math.floor(Math.random() * begins.length)]) || path();
      if (!after.delete(at)) after.add(at);
      changed.push(at);
    }
    const dirty = dirtySpans(old.map(({ span }) => span), changed);
    const parts = old.flatMap(({ span, text = '' }, index): Part[] => (dirty.has(index) ? readNode(text) : [{ ...span, whole: true }]));
    const { stretches, kept } = dirtyStretches(parts, changed);
    const remade = stretches.flatMap(({ from, to }) => leavesOf([...after].filter((one) => within(one, from, to))));
    const nodes = nodesOf(inOrder(kept, remade)).map(({ span }) => span);
    expect(nodes).toEqual(nodesOf(leavesOf([...after])).map(({ span }) => span));
    whole += old.length - dirty.size;
    opened += dirty.size;
  }
  expect(whole).toBeGreaterThan(opened);
});

test('paths are ordered by their bytes, and found in the leaf that holds them', () => {
  expect(['/\u{1f600}', '/\uffee', '/a', '/Z'].sort(comparePaths)).toEqual(['/Z', '/a', '/\uffee', '/\u{1f600}']);
  const letters = ['a', 'b', '/', 'é', '\uffee', '\u{1f600}', '\u{1f601}', '\u{10ffff}'];
  const any = () => Array.from({ length: Math.floor(Math.random() * 4) }, () => letters[Math.floor(Math.random() * letters.length)]).join('');
  for (let round = 0; round < 2_000; round++) {
    const [a, b] = [any(), any()];
    expect(Math.sign(comparePaths(a, b)), `${a} and ${b}`).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }
  const spans = ['/b', '/d', '/f'].map((first) => ({ first, digest: first, items: 1, annotations: 0, bytes: 0 }));
  expect(['/a', '/b', '/c', '/d', '/z'].map((path) => leafOf(spans, path))).toEqual([0, 0, 0, 1, 2]);
});

test('nodes hold every leaf in order, roots read back, and equal roots have equal texts', () => {
  const leaves = leavesOf(Array.from({ length: 20_000 }, (_, index) => `/${index}`));
  const nodes = nodesOf(leaves);
  expect(nodes.length).toBeGreaterThan(1);
  expect(nodes.flatMap(({ text = '' }) => readNode(text))).toEqual(leaves);
  const root = { recipe: '{"labels": []}', splits: null, nodes: nodes.map(({ span }) => span) };
  expect(readRoot(writeRoot(root))).toEqual({ format: 'fovea-version/2', recipe: { labels: [] }, splits: null, nodes: root.nodes });
  expect(() => readRoot('{"format":"other"}')).toThrow('does not know');
});

test('parts have their shares, are stable under growth, and keep groups together', () => {
  const splits = { parts: [{ name: 'train', share: 0.8 }, { name: 'val', share: 0.1 }, { name: 'test', share: 0.1 }], seed: 's', groupBy: 'metadata.patient' };
  const item = (index: number) => ({ path: `/${index}`, sha256: '', metadata: { patient: `p${index % 5_000}` } });
  const counts: Record<string, number> = {};
  for (let index = 0; index < 5_000; index++) {
    const part = splitOf(splits, item(index)) ?? '';
    counts[part] = (counts[part] ?? 0) + 1;
    expect(splitOf(splits, item(index + 5_000))).toBe(part);
  }
  // Four standard deviations of a binomial with 5,000 draws.
  expect(Math.abs((counts['train'] ?? 0) - 4_000)).toBeLessThan(4 * Math.sqrt(5_000 * 0.8 * 0.2));
  expect(splitOf({ ...splits, groupBy: 'folder' }, { path: '/a/1', sha256: '' })).toBe(splitOf({ ...splits, groupBy: 'folder' }, { path: '/a/2', sha256: '' }));
  expect(splitOf({ ...splits, groupBy: 'metadata.nothing' }, { path: '/a/1', sha256: '' })).toBeTypeOf('string');
  expect(splitOf(null, { path: '/a', sha256: '' })).toBeNull();
});

test('rows of spans join in the order of paths, and a root of the first format is read', () => {
  const spans = leavesOf(Array.from({ length: 2_000 }, (_, index) => `/${index}`));
  const odd = spans.filter((_, index) => index % 3 === 1);
  const rest = spans.filter((_, index) => index % 3 !== 1);
  expect(inOrder(rest, odd)).toEqual(spans);
  expect(inOrder(odd, rest)).toEqual(spans);
  expect(inOrder([], spans)).toEqual(spans);
  expect(inOrder(spans, [])).toEqual(spans);
  expect(readRoot('{"format":"fovea-version/1","recipe":null,"splits":null,"nodes":[]}')).toEqual({ format: 'fovea-version/1', recipe: null, splits: null, nodes: [] });
});
