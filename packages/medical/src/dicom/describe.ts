import { open } from 'node:fs/promises';
import type { DataSet } from './dataset.ts';
import { DicomError } from './error.ts';
import { frameGeometry } from './geometry.ts';
import { parseDicom } from './parse.ts';
import type { DicomFile } from './parse.ts';
import { describeContent, kindOf } from './object-kind.ts';

/** What a DICOM file is, as facts that can be stored and queried. */
export interface DicomDescription {
  /** Columns of a frame. */
  width?: number;
  /** Rows of a frame. */
  height?: number;
  frames?: number;
  summary: Record<string, unknown>;
  /** What is wrong with the file, in words; absent when nothing is. */
  problem?: string;
}

const firstReadBytes = 64 * 1024;
const maxHeaderBytes = 512 * 1024 ** 2;

/**
 * Describes a DICOM file by its header. Reads no more than that of files whose pixel data can be left out. Never
 * throws for what the file holds: a file that cannot be read is described by `problem` alone.
 * @throws the file system's error when the file cannot be opened or read
 */
export async function describeDicom(path: string): Promise<DicomDescription> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    let length = Math.min(size, firstReadBytes);
    for (;;) {
      const bytes = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await handle.read(bytes, filled, length - filled, filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      const attempt = tryDescribe(bytes.subarray(0, filled), size);
      if (attempt !== undefined) return attempt;
      if (length >= Math.min(size, maxHeaderBytes)) return { summary: {}, problem: `the header is larger than ${maxHeaderBytes} bytes` };
      length = Math.min(size, length * 8, maxHeaderBytes);
    }
  } finally {
    await handle.close();
  }
}

/** As `describeDicom`, of a file in memory. */
export function describeDicomBytes(bytes: Uint8Array): DicomDescription {
  return tryDescribe(bytes, bytes.length) ?? { summary: {}, problem: 'the header ends too early' };
}

/** Undefined when `bytes` are only the front of the file and not enough of it. */
function tryDescribe(bytes: Uint8Array, fileSize: number): DicomDescription | undefined {
  const isWhole = bytes.length >= fileSize;
  try {
    const file = parseDicom(bytes, { stopAtPixelData: true });
    if (!isWhole && (file.truncated || !file.dataSet.has(0x7fe00010))) return undefined;
    return describeFile(file, fileSize);
  } catch (error) {
    if (!(error instanceof DicomError)) throw error;
    return isWhole ? { summary: {}, problem: error.message } : undefined;
  }
}

function withoutUndefined(record: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const name in record) if (record[name] !== undefined) kept[name] = record[name];
  return kept;
}

/** Faults of the envelope, behind which everything could be read. */
const readAnyway = /^the file has no preamble|^no transfer syntax is declared|stray bytes stand before the first element/;

/** Describes a file that is read already (with or without its pixel data). */
export function describeFile(file: DicomFile, fileSize = file.bytes.length): DicomDescription {
  const { dataSet, meta } = file;
  const rows = dataSet.number(0x00280010);
  const columns = dataSet.number(0x00280011);
  const kind = kindOf(dataSet, meta);
  const notes = file.warnings.filter((warning) => readAnyway.test(warning));
  const summary = withoutUndefined({
    kind,
    ...identity(file),
    ...imageFacts(dataSet),
    ...geometryFacts(dataSet),
    ...describeContent(kind, dataSet),
    notes: notes.length === 0 ? undefined : notes,
  });
  const problems = file.warnings.filter((warning) => !readAnyway.test(warning));
  const counted = rows === undefined || columns === undefined ? undefined : countFrames(file, fileSize, rows, columns);
  if (counted?.problem !== undefined) problems.push(counted.problem);
  return {
    ...(rows === undefined || columns === undefined ? {} : { width: columns, height: rows }),
    ...(counted === undefined ? {} : { frames: counted.frames }),
    summary,
    ...(problems.length === 0 ? {} : { problem: [...new Set(problems)].slice(0, 5).join('; ') }),
  };
}

function identity({ dataSet, meta, transferSyntax }: DicomFile): Record<string, unknown> {
  return {
    modality: dataSet.string(0x00080060),
    patientId: dataSet.string(0x00100020),
    patientName: dataSet.string(0x00100010),
    patientBirthDate: dataSet.string(0x00100030),
    patientSex: dataSet.string(0x00100040),
    patientAge: dataSet.string(0x00101010),
    studyInstanceUid: dataSet.string(0x0020000d),
    seriesInstanceUid: dataSet.string(0x0020000e),
    sopInstanceUid: dataSet.string(0x00080018) ?? meta.string(0x00020003),
    sopClassUid: dataSet.string(0x00080016) ?? meta.string(0x00020002),
    frameOfReferenceUid: dataSet.string(0x00200052),
    transferSyntaxUid: transferSyntax.uid,
    transferSyntax: transferSyntax.name,
    accessionNumber: dataSet.string(0x00080050),
    studyId: dataSet.string(0x00200010),
    studyDate: dataSet.string(0x00080020),
    studyTime: dataSet.string(0x00080030),
    seriesDate: dataSet.string(0x00080021),
    acquisitionDate: dataSet.string(0x00080022),
    studyDescription: dataSet.string(0x00081030),
    seriesDescription: dataSet.string(0x0008103e),
    protocolName: dataSet.string(0x00181030),
    bodyPart: dataSet.string(0x00180015),
    laterality: dataSet.string(0x00200062) ?? dataSet.string(0x00200060),
    viewPosition: dataSet.string(0x00185101),
    manufacturer: dataSet.string(0x00080070),
    manufacturerModel: dataSet.string(0x00081090),
    institution: dataSet.string(0x00080080),
    seriesNumber: dataSet.number(0x00200011),
    acquisitionNumber: dataSet.number(0x00200012),
    instanceNumber: dataSet.number(0x00200013),
    imageType: dataSet.strings(0x00080008),
    characterSet: dataSet.strings(0x00080005),
    patientIdentityRemoved: dataSet.string(0x00120062),
    burnedInAnnotation: dataSet.string(0x00280301),
  };
}

function imageFacts(dataSet: DataSet): Record<string, unknown> {
  const center = dataSet.number(0x00281050);
  const width = dataSet.number(0x00281051);
  return {
    photometric: dataSet.string(0x00280004),
    samplesPerPixel: dataSet.number(0x00280002),
    bitsAllocated: dataSet.number(0x00280100),
    bitsStored: dataSet.number(0x00280101),
    pixelRepresentation: dataSet.number(0x00280103),
    rescaleSlope: dataSet.number(0x00281053),
    rescaleIntercept: dataSet.number(0x00281052),
    rescaleType: dataSet.string(0x00281054),
    window: center === undefined || width === undefined ? undefined : { center, width },
    lossyCompression: dataSet.string(0x00282110),
    frameTimeMs: dataSet.number(0x00181063),
    echoTimeMs: dataSet.number(0x00180081),
    repetitionTimeMs: dataSet.number(0x00180080),
    kvp: dataSet.number(0x00180060),
  };
}

function geometryFacts(dataSet: DataSet): Record<string, unknown> {
  const { spacing, sliceThickness, orientation, position } = frameGeometry(dataSet);
  return {
    spacing,
    sliceThickness,
    spacingBetweenSlices: dataSet.number(0x00180088),
    orientation: orientation?.flat(),
    position,
    sliceLocation: dataSet.number(0x00201041),
  };
}

/** Bytes of one uncompressed frame (PS3.5 section 8.1.1; 4:2:2 has two samples for each pixel). */
export function nativeFrameBits(dataSet: DataSet, rows: number, columns: number): number {
  const samples = dataSet.number(0x00280002) ?? 1;
  const bits = dataSet.number(0x00280100) ?? (dataSet.has(0x7fe00008) ? 32 : dataSet.has(0x7fe00009) ? 64 : 16);
  const isHalved = dataSet.string(0x00280004) === 'YBR_FULL_422' && samples === 3;
  return rows * columns * bits * (isHalved ? 2 : samples);
}

/** Frames that are really there, where the header can be held against the length of the pixel data. */
function countFrames(file: DicomFile, fileSize: number, rows: number, columns: number): { frames: number; problem?: string } | undefined {
  const { dataSet } = file;
  const element = dataSet.get(0x7fe00010) ?? dataSet.get(0x7fe00008) ?? dataSet.get(0x7fe00009);
  const declared = dataSet.number(0x00280008) ?? 1;
  if (element === undefined) return { frames: 0, problem: 'rows and columns, but no pixel data' };
  if (rows === 0 || columns === 0) return { frames: 0, problem: `an image of ${columns} × ${rows} pixels` };
  if (!Number.isInteger(declared) || declared < 1) return { frames: 1, problem: `declares ${declared} frames` };
  if (element.fragments !== undefined) return { frames: declared };
  const end = file.dataSet.bytes === file.bytes ? fileSize : dataSet.bytes.length;
  const present = Math.min(element.declaredLength, Math.max(0, end - element.valueStart));
  const frameBits = nativeFrameBits(dataSet, rows, columns);
  if (present * 8 >= frameBits * declared) return { frames: declared };
  const whole = Math.floor((present * 8) / frameBits);
  return {
    frames: Math.max(1, Math.min(declared, whole)),
    problem: `declares ${declared} frame(s) of ${Math.ceil(frameBits / 8)} bytes, but holds ${present} bytes of pixel data`,
  };
}
