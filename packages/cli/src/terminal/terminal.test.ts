import { expect, test } from 'vitest';
import { testIo } from '../testing.ts';
import { formatBytes, formatDuration, formatTime } from './format.ts';
import { Progress } from './progress.ts';
import { styleFor } from './style.ts';
import { renderFacts, renderTable, type Column } from './table.ts';
import { cut, pad, plain, widthOf } from './text.ts';

const noStyle = styleFor(testIo().io.stdout, {});

test.each([
  ['abc', 3],
  ['größe', 5],
  ['e\u0301', 1],
  ['日本', 4],
  ['😀', 2],
  ['👩‍👩‍👧', 2],
  ['שלום', 4],
])('%s takes %i columns', (text, width) => expect(widthOf(text)).toBe(width));

test('text is cut at graphemes and padded by columns', () => {
  expect(cut('photograph', 6)).toBe('photo…');
  expect(cut('日本語', 5)).toBe('日本…');
  expect(cut('short', 6)).toBe('short');
  expect(pad('日', 4)).toBe('日  ');
  expect(pad('7', 3, 'right')).toBe('  7');
});

test('control characters of others cannot reach the terminal', () => {
  expect(plain('a\u001b[2Jb\nc\u202ed')).toBe('a\ufffd[2Jb\ufffdc\ufffdd');
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [12_345, '12.3 kB'],
  [999_600, '1.00 MB'],
  [123_456_789, '123 MB'],
  [5e15, '5.00 PB'],
])('%i bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test.each([
  [0.2, '0 s'],
  [59.4, '59 s'],
  [65, '1:05'],
  [7_384, '2:03:04'],
])('%f seconds are %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

test('a time is shown to the minute, none as a dash', () => {
  expect(formatTime('2026-11-21T09:12:45.123Z')).toBe('2026-11-21 09:12');
  expect(formatTime(null)).toBe('–');
});

const columns: Column<{ name: string; size: number | null }>[] = [
  { name: 'NAME', value: (row) => row.name },
  { name: 'SIZE', value: (row) => row.size, align: 'right' },
];

test('columns are aligned, nothing is a dash', () => {
  const lines = renderTable([{ name: 'a', size: 5 }, { name: 'longer', size: 1_000 }, { name: '日本', size: null }], columns, { style: noStyle });
  expect(lines).toEqual(['NAME    SIZE', 'a          5', 'longer  1000', '日本       –']);
});

test('a table fits the terminal: the widest column gives way', () => {
  const lines = renderTable([{ name: 'x'.repeat(100), size: 12_345 }], columns, { style: noStyle, maxWidth: 30 });
  expect(lines.map((line) => widthOf(line))).toEqual([30, 30]);
  expect(lines[1]).toBe(`${'x'.repeat(22)}…  12345`);
});

test('facts leave out what there is nothing to say about', () => {
  expect(renderFacts([['name', 'A'], ['frames', null], ['annotations', 0], ['labels', '']], noStyle)).toEqual(['name         A', 'annotations  0']);
});

test('colours are for terminals, and not where NO_COLOR stands', () => {
  const terminal = testIo({ columns: 80 }).io.stdout;
  expect(styleFor(terminal, {}).red('x')).toBe('\u001b[31mx\u001b[39m');
  expect(styleFor(terminal, { NO_COLOR: '1' }).red('x')).toBe('x');
  expect(styleFor(terminal, { TERM: 'dumb' }).red('x')).toBe('x');
  expect(styleFor(testIo().io.stdout, {}).red('x')).toBe('x');
});

test('on a terminal the progress is one line that is drawn over, with rate and time left', () => {
  const { io, err } = testIo({ columns: 120 });
  let nowMs = 0;
  const progress = new Progress(io, { label: 'Uploading', unit: 'files', nowMs: () => nowMs });
  for (nowMs = 1_000; nowMs <= 5_000; nowMs += 1_000) progress.update({ done: nowMs / 10, total: 1_000, bytes: nowMs * 1_000, totalBytes: 10_000_000 });
  const last = err().split('\r').at(-1) ?? '';
  expect(last).toBe('\u001b[KUploading  ████████████░░░░░░░░░░░░  50 %  500/1,000 files  5.00 MB at 1.00 MB/s  5 s left');
  expect(err()).not.toContain('\n');
  progress.clear();
  expect(err().endsWith('\r\u001b[K')).toBe(true);
});

test('the line never wraps, and is drawn at most ten times a second', () => {
  const { io, err } = testIo({ columns: 40 });
  let nowMs = 0;
  const progress = new Progress(io, { label: 'Uploading', unit: 'files', nowMs: () => nowMs });
  for (; nowMs < 1_000; nowMs += 1) progress.update({ done: nowMs, total: 1_000, failed: 3 });
  const lines = err().split('\r\u001b[K').slice(1);
  expect(lines.length).toBeLessThanOrEqual(11);
  expect(Math.max(...lines.map(widthOf))).toBeLessThan(40);
});

test('elsewhere it is a plain line every ten seconds', () => {
  const { io, err } = testIo();
  let nowMs = 0;
  const progress = new Progress(io, { label: 'Downloading', unit: 'items', nowMs: () => nowMs });
  for (; nowMs <= 25_000; nowMs += 100) progress.update({ done: nowMs / 100, failed: 2 });
  progress.clear();
  expect(err()).toBe('Downloading  100 items  10/s  2 failed\nDownloading  200 items  10/s  2 failed\n');
});
