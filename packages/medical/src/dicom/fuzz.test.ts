import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { NiftiError } from '../nifti/error.ts';
import { parseNifti, readVoxels } from '../nifti/parse.ts';
import { writeNifti } from '../nifti/write.ts';
import { deidentifyDicom } from './deidentify.ts';
import { describeDicomBytes } from './describe.ts';
import { DicomError } from './error.ts';
import { dicomJson } from './json-model.ts';
import { parseDicom } from './parse.ts';
import { decodeFrame } from './pixels.ts';
import { paintFrame } from './render.ts';
import { sampleCt, sampleFile, syntaxUids } from './sample-files.ts';
import type { SampleElement } from './sample-files.ts';
import { encodeLosslessJpeg } from './sample-jpeg.ts';
import { rewriteDicom } from './write.ts';

/** Set FUZZ_ROUNDS for a longer run; the seed makes every run the same. */
const rounds = Number(process.env['FUZZ_ROUNDS'] ?? 150);
const slowestMs = 2000;

/** Numbers in 0…1 that a seed repeats (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const tempting = [0, 1, 0x7f, 0x80, 0xff];

/** Overwrites, cuts, repeats or drops some bytes. */
function mutate(bytes: Uint8Array, next: () => number): Uint8Array {
  let out = Buffer.from(bytes);
  const at = (): number => Math.floor(next() * out.length);
  for (let change = 0; change < 1 + next() * 6; change++) {
    const kind = next();
    if (kind < 0.5) out[at()] = next() < 0.5 ? (tempting[Math.floor(next() * tempting.length)] ?? 0) : Math.floor(next() * 256);
    else if (kind < 0.7) out.fill(next() < 0.5 ? 0xff : 0, at(), at());
    else if (kind < 0.8) out = out.subarray(0, Math.max(8, at()));
    else if (kind < 0.9) out = Buffer.concat([out.subarray(0, at()), out.subarray(at())]);
    else if (out.length >= 4) out.writeUInt32LE(Math.floor(next() * 2 ** 32), Math.floor(next() * (out.length - 4)));
  }
  return out;
}

const rich: SampleElement[] = [
  [0x00080005, 'CS', 'ISO_IR 100\\ISO 2022 IR 87'],
  [0x00081115, 'SQ', { items: [[[0x0020000e, 'UI', '1.2.77'], [0x00081199, 'SQ', { items: [[[0x00081155, 'UI', '1.2.78']]], undefinedLength: true }]]] }],
  [0x00090010, 'LO', 'PRIVATE'], [0x00091001, 'UN', Buffer.from('something')],
  [0x00281050, 'DS', '40'], [0x00281051, 'DS', '400'],
  [0x60000010, 'US', 4], [0x60000011, 'US', 6], [0x60000050, 'SS', [1, 1]], [0x60000100, 'US', 1], [0x60000102, 'US', 0], [0x60003000, 'OW', [0xaa, 0x55]],
];
const rle = Buffer.concat([new Uint8Array(Uint32Array.from([2, 64, 90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).buffer), Buffer.from([23, ...Array.from({ length: 24 }, () => 1), 0, 23, ...Array.from({ length: 24 }, (_, n) => n)])]);
const lossless = encodeLosslessJpeg(Array.from({ length: 24 }, (_, n) => n * 100), 6, 4, 16, 4);

const seeds: [string, Uint8Array][] = [
  ...Object.entries(syntaxUids).slice(0, 4).map(([name, transferSyntax]): [string, Uint8Array] => [name, sampleFile(sampleCt({ frames: 2, extra: rich }), { transferSyntax })]),
  ['bare', sampleFile(sampleCt({ extra: rich }), { bare: true })],
  ['rle', sampleFile(sampleCt({ extra: [...rich, [0x7fe00010, 'OB', { fragments: [rle], offsets: [0] }]] }), { transferSyntax: syntaxUids.rle })],
  ['jpeg lossless', sampleFile(sampleCt({ extra: [[0x7fe00010, 'OB', { fragments: [lossless.subarray(0, 40), lossless.subarray(40)] }]] }), { transferSyntax: '1.2.840.10008.1.2.4.70' })],
  ['palette', sampleFile(sampleCt({ bits: 8, extra: [[0x00280004, 'CS', 'PALETTE COLOR'], ...[0, 1, 2].flatMap((n): SampleElement[] => [[0x00281101 + n, 'US', [4, 0, 16]], [0x00281201 + n, 'OW', [1, 2, 3, 4]]])] }))],
];

/** Everything that is done to an upload. */
async function useAll(bytes: Uint8Array): Promise<void> {
  describeDicomBytes(bytes);
  const file = parseDicom(bytes);
  dicomJson(bytes);
  expect(Buffer.compare(rewriteDicom(file, {}), bytes)).toBe(0);
  deidentifyDicom(bytes, { key: 'a key for the fuzzing', options: { cleanDescriptors: true, cleanStructuredContent: true } });
  paintFrame(file, await decodeFrame(file, 0));
}

/** The error of `work`, unless it is one of those that say what is wrong with a file. */
async function unexpected(work: () => Promise<void> | void): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error instanceof DicomError || error instanceof NiftiError ? undefined : error;
  }
}

describe('damaged files fail with a clear error, soon', () => {
  it.each(seeds)('DICOM, %s', async (name, bytes) => {
    expect(await unexpected(() => useAll(bytes))).toBeUndefined();
    const next = random(name.length * 7919);
    for (let round = 0; round < rounds; round++) {
      const damaged = mutate(bytes, next);
      const start = performance.now();
      const error = await unexpected(() => useAll(damaged));
      expect({ round, error, isSlow: performance.now() - start > slowestMs }).toEqual({ round, error: undefined, isSlow: false });
    }
  });

  it.each([['plain', false], ['gzip', true]])('NIfTI, %s', async (name, gzip) => {
    const bytes = writeNifti({ data: Int16Array.from({ length: 60 }, (_, n) => n), dims: [5, 4, 3], affine: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]] });
    const next = random(name.length);
    for (let round = 0; round < rounds; round++) {
      const damaged = gzip && round % 2 === 0 ? mutate(gzipSync(bytes), next) : gzip ? gzipSync(mutate(bytes, next)) : mutate(bytes, next);
      const start = performance.now();
      const error = await unexpected(() => void readVoxels(parseNifti(damaged)));
      expect({ round, error, isSlow: performance.now() - start > slowestMs }).toEqual({ round, error: undefined, isSlow: false });
    }
  });
});
