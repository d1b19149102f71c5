import type { DicomElement } from './dataset.ts';
import { imageModule } from './image-module.ts';
import { parseDicom } from './parse.ts';
import { decodeFrame } from './pixels.ts';
import type { DicomFrame } from './pixels.ts';
import { explicitLittleEndian } from './transfer-syntax.ts';
import { inTagOrder, numberElement, rewriteDicom, textElement, textValue } from './write.ts';
import type { ElementChange, NewElement } from './write.ts';
import { DicomError } from './error.ts';

/** Uncompressed files larger than this are not made. */
const maxBytes = 2 * 1024 ** 3 - 1;

/**
 * Rewrites a file with compressed frames as explicit little endian with native pixels; others are returned as they are.
 * Every other element keeps its bytes.
 * @throws DicomError when a frame cannot be decoded
 */
export async function decompressDicom(bytes: Uint8Array): Promise<Uint8Array> {
  const file = parseDicom(bytes);
  const element = file.dataSet.get(0x7fe00010);
  if (element?.fragments === undefined) return bytes;
  const image = imageModule(file);
  const frames: DicomFrame[] = [];
  let total = 0;
  for (let index = 0; index < image.frames; index++) {
    const frame = await decodeFrame(file, index);
    total += frame.data.byteLength;
    if (total > maxBytes) throw new DicomError(`uncompressed, the pixel data would be larger than ${maxBytes} bytes`);
    frames.push(frame);
  }
  const first = frames[0];
  if (first === undefined) throw new DicomError('the object has no frames');
  const joined = new Uint8Array(total + (total % 2));
  let at = 0;
  for (const { data } of frames) {
    joined.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  const changes = new Map<DicomElement, ElementChange>([[element, { kind: 'value', vr: first.data.BYTES_PER_ELEMENT > 1 ? 'OW' : 'OB', value: joined }]]);
  const additions = replaceElements(file.dataSet.elements, imageElements(first), changes);
  for (const tag of [0x7fe00001, 0x7fe00002]) removeElement(file.dataSet.elements, tag, changes); // extended offset tables
  const metaChanges = new Map<DicomElement, ElementChange>();
  const syntax = file.meta.get(0x00020010);
  if (syntax !== undefined) metaChanges.set(syntax, { kind: 'value', vr: 'UI', value: textValue(explicitLittleEndian.uid) });
  return rewriteDicom(file, { meta: { changes: metaChanges, additions: [] }, dataSet: { changes, additions } });
}

/** The image module of decoded frames: colours by pixel, bits as the arrays hold them. */
function imageElements(frame: DicomFrame): NewElement[] {
  const bits = frame.data.BYTES_PER_ELEMENT * 8;
  return inTagOrder([
    numberElement(0x00280002, 'US', frame.samplesPerPixel),
    textElement(0x00280004, 'CS', frame.photometric),
    numberElement(0x00280100, 'US', bits),
    ...(frame.samplesPerPixel > 1 ? [numberElement(0x00280006, 'US', 0)] : []),
  ]);
}

function replaceElements(elements: readonly DicomElement[], replacements: readonly NewElement[], changes: Map<DicomElement, ElementChange>): NewElement[] {
  return replacements.filter((replacement) => {
    const there = elements.find(({ tag }) => tag === replacement.tag);
    if (there !== undefined) changes.set(there, { kind: 'value', vr: replacement.vr, value: replacement.value ?? new Uint8Array(0) });
    return there === undefined;
  });
}

function removeElement(elements: readonly DicomElement[], tag: number, changes: Map<DicomElement, ElementChange>): void {
  for (const element of elements) if (element.tag === tag) changes.set(element, { kind: 'remove' });
}
