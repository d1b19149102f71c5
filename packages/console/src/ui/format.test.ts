import { describe, expect, test } from 'vitest';
import { formatBytes, formatDuration, formatTimeLeft, formatWhen } from './format.ts';

describe('formatBytes', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [1_234_567, '1.23 MB'],
    [99_960_000, '100 MB'],
    [999_600, '1.00 MB'],
    [5e15, '5.00 PB'],
  ])('%d bytes read %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe('formatDuration', () => {
  test.each([
    [4.25, '0:04.25'],
    [12, '0:12'],
    [61.4, '1:01'],
    [3725.4, '1:02:05'],
  ])('%d s reads %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

test('formatTimeLeft rounds up and never promises zero', () => {
  expect(formatTimeLeft(0)).toBe('1 s');
  expect(formatTimeLeft(95)).toBe('2 min');
  expect(formatTimeLeft(5400)).toBe('1.5 h');
  expect(formatTimeLeft(Number.POSITIVE_INFINITY)).toBe('…');
});

test('formatWhen speaks in words near now and in dates farther off', () => {
  const now = Date.parse('2026-05-01T12:00:00.000Z');
  expect(formatWhen('2026-05-01T11:59:58.000Z', now)).toBe('just now');
  expect(formatWhen('2026-05-01T11:59:20.000Z', now)).toBe('40 seconds ago');
  expect(formatWhen('2026-05-01T11:30:00.000Z', now)).toBe('30 minutes ago');
  expect(formatWhen('2026-05-01T09:00:00.000Z', now)).toBe('3 hours ago');
  expect(formatWhen('2026-04-30T12:00:00.000Z', now)).toBe('yesterday');
  expect(formatWhen('2025-01-15T12:00:00.000Z', now)).toBe('Jan 15, 2025');
});
