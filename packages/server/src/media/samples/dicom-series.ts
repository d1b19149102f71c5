import { createHash } from 'node:crypto';
import { buildDicom, type NewElement, numberElement, textElement } from '@fovea/medical/dicom/write.ts';
import { type Chest, chestExtent, makeChest, type SliceGrid, sliceOf } from './phantom.ts';

export interface SampleSlice {
  readonly name: string;
  /** A DICOM file, explicit VR little endian, 16 bits. */
  readonly bytes: Uint8Array;
}

const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';
const side = 320;
const spacing = 1.2;

/**
 * Draws a CT series of a made-up chest, from the feet upwards. The same seed gives the same files, and the same UIDs.
 * Nobody was scanned: patient, study and UIDs are invented (UIDs under 2.25, PS3.5 annex B.2).
 */
export async function* drawDicomSeries({ slices, seed }: { slices: number; seed: number }): AsyncGenerator<SampleSlice> {
  const chest = makeChest(seed);
  const step = slices > 1 ? Math.min(10, (chestExtent.top - chestExtent.bottom) / (slices - 1)) : 5;
  const grid: SliceGrid = { columns: side, rows: side, spacing, thickness: step };
  // Fewer slices than fill the chest show its middle, where the lesion is.
  const bottom = 20 - ((slices - 1) / 2) * step;
  const first = slices * step > 200 ? chestExtent.bottom : bottom;
  for (let index = 0; index < slices; index++) {
    const z = Math.round((first + index * step) * 1000) / 1000;
    const bytes = buildDicom([...header({ seed, index, slices, z, step }), pixels(chest, z, grid)]);
    yield { name: `chest-ct-${String(index + 1).padStart(4, '0')}.dcm`, bytes };
    // The work of a slice takes some milliseconds: others get their turn in between.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** A UUID of version 8 that comes out of a name, as a UID. */
function uidOf(...name: (string | number)[]): string {
  const digest = createHash('sha256').update(['fovea sample', ...name].join('/')).digest().subarray(0, 16);
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  return `2.25.${BigInt(`0x${digest.toString('hex')}`)}`;
}

function header({ seed, index, slices, z, step }: { seed: number; index: number; slices: number; z: number; step: number }): NewElement[] {
  const half = ((side - 1) / 2) * spacing;
  const text = (tag: number, vr: string, value: string | number): NewElement => textElement(tag, vr, String(value));
  return [
    text(0x00080005, 'CS', 'ISO_IR 192'),
    text(0x00080008, 'CS', 'ORIGINAL\\PRIMARY\\AXIAL'),
    text(0x00080016, 'UI', ctImageStorage),
    text(0x00080018, 'UI', uidOf(seed, 'instance', slices, index)),
    ...[0x00080020, 0x00080021, 0x00080022, 0x00080023].map((tag) => text(tag, 'DA', '20250115')),
    ...[0x00080030, 0x00080031, 0x00080032, 0x00080033].map((tag) => text(tag, 'TM', '093000')),
    text(0x00080050, 'SH', ''),
    text(0x00080060, 'CS', 'CT'),
    text(0x00080070, 'LO', 'Fovea'),
    text(0x00080090, 'PN', ''),
    text(0x00081030, 'LO', 'Chest phantom'),
    text(0x0008103e, 'LO', 'Axial, with contrast (drawn)'),
    text(0x00081090, 'LO', 'Sample drawer'),
    text(0x00100010, 'PN', 'Phantom^Chest'),
    text(0x00100020, 'LO', `PHANTOM-${seed}`),
    text(0x00100030, 'DA', ''),
    text(0x00100040, 'CS', 'O'),
    text(0x00180015, 'CS', 'CHEST'),
    text(0x00180050, 'DS', Math.round(step * 1000) / 1000),
    text(0x00180060, 'DS', 120),
    text(0x00185100, 'CS', 'HFS'),
    text(0x0020000d, 'UI', uidOf(seed, 'study')),
    text(0x0020000e, 'UI', uidOf(seed, 'series', slices)),
    text(0x00200010, 'SH', '1'),
    text(0x00200011, 'IS', 2),
    text(0x00200012, 'IS', 1),
    text(0x00200013, 'IS', index + 1),
    text(0x00200032, 'DS', `${-half}\\${-half}\\${z}`),
    text(0x00200037, 'DS', '1\\0\\0\\0\\1\\0'),
    text(0x00200052, 'UI', uidOf(seed, 'frame of reference')),
    text(0x00201040, 'LO', ''),
    text(0x00201041, 'DS', z),
    numberElement(0x00280002, 'US', 1),
    text(0x00280004, 'CS', 'MONOCHROME2'),
    numberElement(0x00280010, 'US', side),
    numberElement(0x00280011, 'US', side),
    text(0x00280030, 'DS', `${spacing}\\${spacing}`),
    numberElement(0x00280100, 'US', 16),
    numberElement(0x00280101, 'US', 12),
    numberElement(0x00280102, 'US', 11),
    numberElement(0x00280103, 'US', 0),
    text(0x00280301, 'CS', 'NO'),
    text(0x00281050, 'DS', '40\\-550'),
    text(0x00281051, 'DS', '450\\1500'),
    text(0x00281052, 'DS', -1024),
    text(0x00281053, 'DS', 1),
    text(0x00281054, 'LO', 'HU'),
    text(0x00281055, 'LO', 'SOFT TISSUE\\LUNG'),
  ];
}

function pixels(chest: Chest, z: number, grid: SliceGrid): NewElement {
  const density = sliceOf(chest, z, grid);
  const value = Buffer.alloc(density.length * 2);
  for (let at = 0; at < density.length; at++) value.writeUInt16LE(Math.max(0, Math.min(4095, Math.round((density[at] as number) + 1024))), at * 2);
  return { tag: 0x7fe00010, vr: 'OW', value };
}
