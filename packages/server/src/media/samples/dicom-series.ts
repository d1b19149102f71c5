import { createHash } from 'node:crypto';
import { buildDicom, numberElement, textElement, type NewElement } from '../dicom/write.ts';
import { createRandom } from './random.ts';

export interface SampleSlice {
  readonly name: string;
  /** DICOM, explicit VR little endian. */
  readonly bytes: Uint8Array;
}

/** An ellipsoid in millimetres about the centre of the volume. */
interface Ellipsoid {
  center: readonly [number, number, number];
  radii: readonly [number, number, number];
  /** Hounsfield units inside. */
  hu: number;
}

const side = 256;
const pixelMm = 1.4;
const sliceMm = 5;

/** A chest: later shapes lie in earlier ones. */
const chest: readonly Ellipsoid[] = [
  { center: [0, 0, 0], radii: [165, 110, 400], hu: -90 },
  { center: [0, 0, 0], radii: [158, 103, 400], hu: 45 },
  { center: [-72, -8, 0], radii: [58, 78, 125], hu: -840 },
  { center: [72, -8, 0], radii: [58, 78, 125], hu: -840 },
  { center: [14, -22, -12], radii: [44, 40, 52], hu: 55 },
  { center: [-9, -30, 60], radii: [15, 15, 90], hu: 140 },
  { center: [0, 66, 0], radii: [21, 19, 400], hu: 420 },
  { center: [0, 66, 0], radii: [12, 11, 400], hu: 180 },
  { center: [0, 88, 0], radii: [7, 13, 400], hu: 380 },
  { center: [0, -96, 0], radii: [17, 6, 140], hu: 320 },
  { center: [-70, 12, 22], radii: [9, 8, 9], hu: 62 },
  { center: [-58, -24, -20], radii: [3, 3, 70], hu: 40 },
  { center: [62, -18, 10], radii: [3.5, 3.5, 80], hu: 40 },
  { center: [84, 14, -26], radii: [2.5, 2.5, 60], hu: 30 },
];

/** A unique identifier under 2.25 (PS3.5, annex B.2) that is the same for the same words. */
function uid(...words: (string | number)[]): string {
  return `2.25.${BigInt(`0x${createHash('sha256').update(words.join('/')).digest('hex').slice(0, 30)}`)}`;
}

/**
 * Draws an axial CT series of a chest phantom: 256 × 256, 16 bits, with spacing, orientation, positions and rescale, so that it behaves as
 * a real series does. Ordered from the feet up; the same seed gives the same files.
 */
export async function* drawDicomSeries({ slices, seed }: { slices: number; seed: number }): AsyncGenerator<SampleSlice> {
  const random = createRandom(seed);
  const ribs = Array.from({ length: 14 }, (_, index) => (index - 7) * 22);
  for (let slice = 0; slice < slices; slice++) {
    const z = (slice - (slices - 1) / 2) * sliceMm;
    yield { name: `chest-${String(slice + 1).padStart(3, '0')}.dcm`, bytes: buildDicom(elementsOf({ slice, slices, seed, z }, drawSlice(z, ribs, () => random.next()))) };
  }
}

function drawSlice(z: number, ribs: readonly number[], noise: () => number): Uint8Array {
  const pixels = new Int16Array(side * side);
  for (let row = 0; row < side; row++) {
    const y = (row - side / 2 + 0.5) * pixelMm;
    for (let column = 0; column < side; column++) {
      const x = (column - side / 2 + 0.5) * pixelMm;
      let hu = -1000;
      for (const { center, radii, hu: inside } of chest) {
        const [dx, dy, dz] = [(x - center[0]) / radii[0], (y - center[1]) / radii[1], (z - center[2]) / radii[2]];
        if (dx * dx + dy * dy + dz * dz <= 1) hu = inside;
      }
      hu = ribAt(x, y, z, ribs) ?? hu;
      // Noise of an ordinary scan, some 12 HU, from the sum of three uniform numbers.
      const grain = hu <= -1000 ? 4 : 12;
      pixels[row * side + column] = Math.round(hu + 1024 + (noise() + noise() + noise() - 1.5) * 2 * grain);
    }
  }
  return new Uint8Array(pixels.buffer);
}

/** A rib where the wall of the chest crosses one of the tilted rings. */
function ribAt(x: number, y: number, z: number, ribs: readonly number[]): number | undefined {
  const wall = Math.hypot(x / 147, y / 93);
  if (wall < 0.95 || wall > 1.03) return undefined;
  const tilted = z + y * 0.35;
  return ribs.some((at) => Math.abs(tilted - at) < 5) ? 350 : undefined;
}

function elementsOf(of: { slice: number; slices: number; seed: number; z: number }, pixels: Uint8Array): NewElement[] {
  const { slice, seed, z } = of;
  const origin = (-side / 2 + 0.5) * pixelMm;
  return [
    textElement(0x00080005, 'CS', 'ISO_IR 192'),
    textElement(0x00080008, 'CS', 'ORIGINAL\\PRIMARY\\AXIAL'),
    textElement(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'),
    textElement(0x00080018, 'UI', uid('instance', seed, slice)),
    textElement(0x00080020, 'DA', '20260105'),
    textElement(0x00080030, 'TM', '093000'),
    textElement(0x00080060, 'CS', 'CT'),
    textElement(0x00080070, 'LO', 'Fovea'),
    textElement(0x00081030, 'LO', 'Phantom'),
    textElement(0x0008103e, 'LO', 'Chest phantom 5 mm'),
    textElement(0x00100010, 'PN', 'Phantom^Chest'),
    textElement(0x00100020, 'LO', 'PHANTOM-1'),
    textElement(0x00100040, 'CS', 'O'),
    textElement(0x00180015, 'CS', 'CHEST'),
    textElement(0x00180050, 'DS', String(sliceMm)),
    textElement(0x00180060, 'DS', '120'),
    textElement(0x0020000d, 'UI', uid('study', seed)),
    textElement(0x0020000e, 'UI', uid('series', seed)),
    textElement(0x00200011, 'IS', '1'),
    textElement(0x00200013, 'IS', String(slice + 1)),
    textElement(0x00200032, 'DS', [origin, origin, z].map((value) => value.toFixed(2)).join('\\')),
    textElement(0x00200037, 'DS', '1\\0\\0\\0\\1\\0'),
    textElement(0x00200052, 'UI', uid('frame of reference', seed)),
    numberElement(0x00280002, 'US', 1),
    textElement(0x00280004, 'CS', 'MONOCHROME2'),
    numberElement(0x00280010, 'US', side),
    numberElement(0x00280011, 'US', side),
    textElement(0x00280030, 'DS', `${pixelMm}\\${pixelMm}`),
    numberElement(0x00280100, 'US', 16),
    numberElement(0x00280101, 'US', 16),
    numberElement(0x00280102, 'US', 15),
    numberElement(0x00280103, 'US', 1),
    textElement(0x00281050, 'DS', '40'),
    textElement(0x00281051, 'DS', '400'),
    textElement(0x00281052, 'DS', '-1024'),
    textElement(0x00281053, 'DS', '1'),
    textElement(0x00281054, 'LO', 'HU'),
    { tag: 0x7fe00010, vr: 'OW', value: pixels },
  ];
}
