import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { affineDistance, affineFromQuaternion, applyAffine, composeAffine, invertAffine, quaternionFromAffine } from './affine.ts';
import type { Affine } from './affine.ts';
import { NiftiError } from './error.ts';
import { isNifti, parseNifti, readVoxels } from './parse.ts';
import { describeNifti, readVolume } from './read.ts';
import { renderNiftiSlice } from './slice.ts';
import { writeNifti } from './write.ts';

let folder = '';
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'nifti-'))));
afterAll(() => rm(folder, { recursive: true }));

async function save(bytes: Uint8Array): Promise<string> {
  const path = join(folder, 'volume.nii');
  await writeFile(path, bytes);
  return path;
}

/** Turned about two axes, flipped, and of unequal spacing. */
const oblique: Affine = affineFromQuaternion({ b: 0.1, c: 0.2, d: -0.15, x: -90.5, y: 12.25, z: 300.125, spacing: [0.5, 0.75, 3], factor: -1 });
const plain: Affine = [[2, 0, 0, -10], [0, 3, 0, -20], [0, 0, 4, -30]];
const ramp = Int16Array.from({ length: 4 * 3 * 2 }, (_, at) => at * 10 - 50);

/** Reverses the byte order of a NIfTI-1 file of int16 voxels. */
function toBigEndian(bytes: Uint8Array): Uint8Array {
  const out = Buffer.from(bytes);
  out.subarray(0, 4).swap32();
  for (const [from, to, unit] of [[32, 36, 4], [36, 38, 2], [40, 56, 2], [56, 68, 4], [68, 76, 2], [76, 120, 4], [124, 148, 4], [252, 256, 2], [256, 328, 4], [352, out.length, 2]] as const) {
    if (unit === 2) out.subarray(from, to).swap16();
    else out.subarray(from, to).swap32();
  }
  return out;
}

describe('reading and writing', () => {
  it.each([['plain', false], ['gzip', true]])('%s round trip keeps voxels and affine', (_, gzip) => {
    const bytes = writeNifti({ data: ramp, dims: [4, 3, 2], affine: oblique, gzip });
    expect(isNifti(bytes)).toBe(true);
    const file = parseNifti(bytes);
    expect(Array.from(readVoxels(file).data)).toEqual(Array.from(ramp));
    expect(affineDistance(file.header.affine, oblique)).toBeLessThan(1e-4);
    expect(affineDistance(file.header.qform, oblique)).toBeLessThan(1e-4);
    expect(file.header).toMatchObject({ version: 1, affineFrom: 'sform', dims: [4, 3, 2], units: { space: 'mm', time: 's' } });
  });

  it.each(['uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'float32', 'float64'] as const)('%s', (datatype) => {
    const data = Float64Array.of(0, 1, 2, 100, 7, 5, 4, 3);
    const volume = readVoxels(parseNifti(writeNifti({ data, dims: [2, 2, 2], affine: plain, datatype })));
    expect(Array.from(volume.data)).toEqual(Array.from(data));
    expect(volume.header.datatype.name).toBe(datatype);
  });

  it('reads big endian files', () => {
    const file = parseNifti(toBigEndian(writeNifti({ data: ramp, dims: [4, 3, 2], affine: plain })));
    expect(file.header.littleEndian).toBe(false);
    expect(Array.from(readVoxels(file).data)).toEqual(Array.from(ramp));
    expect(file.header.affine).toEqual(plain);
  });

  it('writes NIfTI-2 for long axes', () => {
    const file = parseNifti(writeNifti({ data: new Uint8Array(40_000), dims: [40_000, 1, 1], affine: oblique }));
    expect(file.header).toMatchObject({ version: 2, dims: [40_000, 1, 1] });
    expect(affineDistance(file.header.affine, oblique)).toBeLessThan(1e-9);
  });

  it('refuses values that do not fit, and dimensions that are not filled', () => {
    expect(() => writeNifti({ data: Int16Array.of(300), dims: [1, 1, 1], affine: plain, datatype: 'uint8' })).toThrow(/300 does not fit uint8/);
    expect(() => writeNifti({ data: ramp, dims: [4, 3], affine: plain })).toThrow(/do not fill/);
  });

  it('refuses what is none, what breaks off, and what is absurd', () => {
    const good = writeNifti({ data: ramp, dims: [4, 3, 2], affine: plain });
    const patched = (change: (view: DataView) => void): Uint8Array => {
      const copy = good.slice();
      change(new DataView(copy.buffer));
      return copy;
    };
    expect(() => parseNifti(new Uint8Array(400))).toThrow(NiftiError);
    expect(() => parseNifti(new Uint8Array(0))).toThrow(/not a NIfTI file/);
    expect(() => readVoxels(parseNifti(good.subarray(0, 390)))).toThrow(/truncated/);
    expect(() => parseNifti(patched((view) => view.setInt16(42, -4, true)))).toThrow(/axis of -4/);
    expect(() => parseNifti(patched((view) => view.setInt16(40, 9, true)))).toThrow(/9 dimensions/);
    expect(() => parseNifti(patched((view) => view.setInt16(70, 77, true)))).toThrow(/datatype 77/);
    const huge = patched((view) => [42, 44, 46].forEach((at) => view.setInt16(at, 32767, true)));
    expect(() => parseNifti(huge)).toThrow(/32767 × 32767 × 32767 voxels: refused/);
    const large = patched((view) => [42, 44].forEach((at) => view.setInt16(at, 30000, true)));
    expect(() => parseNifti(gzipSync(large))).toThrow(/gzip cannot hold/);
    expect(() => parseNifti(patched((view) => view.setFloat32(108, Number.NaN, true)))).toThrow(/places the voxels/);
  });

  it('refuses a gzip bomb, a broken stream, and one that is no NIfTI', () => {
    const good = writeNifti({ data: ramp, dims: [4, 3, 2], affine: plain });
    const bomb = gzipSync(Buffer.concat([good, new Uint8Array(32 * 1024 ** 2)]));
    expect(bomb.length).toBeLessThan(50_000);
    expect(() => parseNifti(bomb)).toThrow(/more than the \d+ bytes/);
    const packed = gzipSync(good);
    expect(() => parseNifti(packed.subarray(0, packed.length - 40))).toThrow(NiftiError);
    expect(isNifti(gzipSync(Buffer.from('not a volume')))).toBe(false);
    expect(isNifti(Uint8Array.of(0x1f, 0x8b, 1, 2, 3))).toBe(false);
  });
});

describe('affines', () => {
  it.each([
    [0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0.5, 0.5], [0.7, -0.7, 0.1], [-0.3, 0.2, 0.9],
  ])('quaternion %d %d %d there and back', (b, c, d) => {
    for (const factor of [1, -1] as const) {
      const affine = affineFromQuaternion({ b, c, d, x: 1, y: 2, z: 3, spacing: [1, 2, 3], factor });
      const back = quaternionFromAffine(affine);
      expect(affineDistance(affineFromQuaternion(back!), affine)).toBeLessThan(1e-6);
    }
  });

  it('has no quaternion with shear; inverts', () => {
    expect(quaternionFromAffine([[1, 0.5, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]])).toBeUndefined();
    const inverse = invertAffine(oblique)!;
    const identity: Affine = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]];
    expect(affineDistance(composeAffine(inverse, oblique), identity)).toBeLessThan(1e-9);
    const [x, y, z] = applyAffine(inverse, applyAffine(oblique, [3, 4, 5]));
    expect([x, y, z].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([3, 4, 5]);
    expect(invertAffine([[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])).toBeUndefined();
  });
});

describe('files', () => {
  it.each([false, true])('are described by their header (gzip: %s)', async (gzip) => {
    const path = await save(writeNifti({ data: Int16Array.from({ length: 48 }), dims: [4, 3, 2, 2], affine: plain, gzip, timeStep: 1.5, description: 'a test' }));
    const found = await describeNifti(path);
    expect(found).toMatchObject({ width: 4, height: 3, frames: 2 });
    expect(found.problem).toBeUndefined();
    expect(found.summary).toMatchObject({ kind: 'volume', format: 'NIfTI-1', dims: [4, 3, 2, 2], datatype: 'int16', spacing: [2, 3, 4], timePoints: 2, timeStep: 1.5, affine: plain, affineFrom: 'sform', description: 'a test' });
  });

  it('that are bad are described by their problem', async () => {
    const good = writeNifti({ data: ramp, dims: [4, 3, 2], affine: plain });
    expect((await describeNifti(await save(good.subarray(0, 380)))).problem).toContain('calls for 400 bytes, the file has 380');
    expect((await describeNifti(await save(gzipSync(good.subarray(0, 380))))).problem).toContain('the file has 380');
    expect(await describeNifti(await save(Buffer.from('nothing')))).toEqual({ summary: {}, problem: expect.stringContaining('not a NIfTI file') });
    await expect(readVolume(await save(good.subarray(0, 380)))).rejects.toThrow(NiftiError);
  });

  it('give one point in time, read alone or out of gzip', async () => {
    const data = Int16Array.from({ length: 24 * 3 }, (_, at) => at);
    for (const gzip of [false, true]) {
      const path = await save(writeNifti({ data, dims: [4, 3, 2, 3], affine: plain, gzip }));
      expect(Array.from((await readVolume(path, { time: 2 })).data)).toEqual(Array.from(data.subarray(48)));
      expect((await readVolume(path)).data).toHaveLength(72);
      await expect(readVolume(path, { time: 3 })).rejects.toThrow(/no point in time 3/);
    }
  });
});

describe('slices', () => {
  const pixelsOf = async (png: Uint8Array): Promise<{ values: number[]; width: number }> => {
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    return { values: Array.from(data).filter((_, at) => at % info.channels === 0), width: info.width };
  };
  const data = Uint8Array.from({ length: 24 }, (_, at) => at * 10);
  const window = { center: 127.5, width: 255, function: 'LINEAR_EXACT' as const };

  it.each([
    ['k', 1, 4, Array.from({ length: 12 }, (_, at) => 120 + at * 10)],
    ['j', 2, 4, [80, 90, 100, 110, 200, 210, 220, 230]],
    ['i', 0, 3, [0, 40, 80, 120, 160, 200]],
  ] as const)('along %s', async (axis, index, width, values) => {
    const path = await save(writeNifti({ data, dims: [4, 3, 2], affine: plain }));
    expect(await pixelsOf(await renderNiftiSlice(path, { axis, index, window }))).toEqual({ values, width });
  });

  it('upright: flipped and with square pixels', async () => {
    const affine: Affine = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 2, 0]];
    const path = await save(writeNifti({ data, dims: [4, 3, 2], affine }));
    const axial = await pixelsOf(await renderNiftiSlice(path, { axis: 'k', index: 0, window, upright: true }));
    expect(axial.values.slice(0, 4)).toEqual([110, 100, 90, 80]);
    const coronal = await pixelsOf(await renderNiftiSlice(path, { axis: 'j', index: 0, window, upright: true }));
    expect(coronal.values).toHaveLength(4 * 4);
  });

  it('names a slice that is not there', async () => {
    const path = await save(writeNifti({ data, dims: [4, 3, 2], affine: plain }));
    await expect(renderNiftiSlice(path, { axis: 'k', index: 2 })).rejects.toThrow(/no slice 2 along k/);
  });
});
