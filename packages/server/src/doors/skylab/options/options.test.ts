// Every option of a profile has a test in this folder; and what comes back when all are off.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { meanDifference, raw } from '@fovea/analytics/test-support/pictures.ts';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { profileFields } from '../wire.ts';
import { off, useBench } from './testing/bench.ts';

const bench = useBench();

test('each option is named in the title of a test', () => {
  const sources = readdirSync(import.meta.dirname).filter((name) => /^(colour|subject|output)\.test\.ts$/.test(name)).map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'));
  // Titles, and the lists that titles are made from.
  const named = sources.flatMap((source) => [...source.matchAll(/^ *(?:test\('|for \(const \[\w+, field\] of \[)(.*)$/gm)].map(([, text = '']) => text)).join('\n');
  expect(profileFields.filter((field) => !new RegExp(`\\b${field}\\b`).test(named))).toEqual([]);
});

describe('with everything off', () => {
  test.each([
    ['photo.jpg', 'image/jpeg', (photo: Sharp) => photo.jpeg({ quality: 95 })],
    ['photo.png', 'image/png', (photo: Sharp) => photo.png()],
    ['photo.webp', 'image/webp', (photo: Sharp) => photo.webp({ quality: 95 })],
  ] as const)('%s comes back as it went, of its own kind', async (name, kind, encode) => {
    const { studio, portrait } = bench();
    const { picture, mediaType } = await studio.output(off, await encode(sharp(portrait.png)).toBuffer(), name);
    expect([mediaType, picture.width, picture.height]).toEqual([kind, portrait.width, portrait.height]);
    expect(meanDifference(await raw(portrait.png), picture)).toBeLessThan(3);
  });
  test('a turned photo comes back upright', async () => {
    const { studio, portrait } = bench();
    const turned = await sharp(portrait.png).rotate(270).jpeg({ quality: 95 }).withMetadata({ orientation: 6 }).toBuffer();
    const { picture, metadata } = await studio.output(off, turned, 'photo.jpg');
    expect(meanDifference(await raw(portrait.png), picture)).toBeLessThan(3);
    expect(metadata.orientation ?? 1).toBe(1);
  });
});
