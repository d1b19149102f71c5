import { describe, expect, it } from 'vitest';
import { percentileWindow } from './grayscale.ts';

/** Values that are anything but even, the same every time. */
const values = (length: number, first: number, span: number): number[] => Array.from({ length }, (_, at) => first + Math.floor(((Math.imul(at + 1, 0x9e3779b1) >>> 0) / 2 ** 32) ** 3 * span));

describe('the window of the percentiles', () => {
  it.each([
    ['unsigned words', (list: number[]) => Uint16Array.from(list), values(300_000, 0, 4_000), { slope: 1, intercept: -1_024 }],
    ['signed words', (list: number[]) => Int16Array.from(list), values(300_000, -1_000, 3_000), { slope: 2.5, intercept: 7 }],
    ['a slope that turns them round', (list: number[]) => Uint16Array.from(list), values(1_000, 5, 900), { slope: -1, intercept: 100 }],
    ['bytes', (list: number[]) => Uint8Array.from(list), values(999, 3, 250), { slope: 1, intercept: 0 }],
    ['one value', (list: number[]) => Uint16Array.from(list), [9, 9, 9], { slope: 1, intercept: 0 }],
    ['nothing but padding', (list: number[]) => Uint16Array.from(list), [77, 77], { slope: 1, intercept: 0 }],
  ] as const)('is the same counted as sorted: %s', (_name, make, given, rescale) => {
    const padded = [...given, 77, 77];
    const counted = percentileWindow(make(padded), rescale, 77);
    expect(counted).toEqual(percentileWindow(Float64Array.from(padded), rescale, 77));
    expect(Number.isFinite(counted.center) && counted.width > 0).toBe(true);
  });
});
