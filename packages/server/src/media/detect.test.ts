import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { detectMedia } from './detect.ts';
import { buildDicom, textElement } from '@fovea/medical/dicom/write.ts';
import { writeNifti } from '@fovea/medical/nifti/write.ts';

const text = (content: string): Uint8Array => Buffer.from(content, 'utf8');
const bytes = (...parts: (string | number[])[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))));

const zeros = (length: number): number[] => Array.from({ length }, () => 0);

const picture = sharp({ create: { width: 8, height: 8, channels: 3, background: 'teal' } });
const dicom = buildDicom([textElement(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7'), textElement(0x00080018, 'UI', '2.25.1'), textElement(0x00080060, 'CS', 'OT')]);
const nifti = writeNifti({ dims: [2, 2, 2], data: new Uint8Array(8), affine: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]] });

describe('pictures', () => {
  it.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)('%s by what an encoder writes', async (format) => {
    const file = await picture.clone().toFormat(format).toBuffer();
    expect(detectMedia(file, 'lies.txt')).toEqual({ mediaType: `image/${format}`, kind: 'image' });
  });

  it.each([
    ['image/heic', bytes([0, 0, 0, 24], 'ftypheic', [0, 0, 0, 0], 'mif1heic')],
    ['image/heic', bytes([0, 0, 0, 20], 'ftypmif1', [0, 0, 0, 0], 'heic')],
    ['image/jp2', bytes([0, 0, 0, 12], 'jP  ', [13, 10, 0x87, 10])],
    ['image/jp2', bytes([0xff, 0x4f, 0xff, 0x51, 0, 0x29])],
    ['image/jxl', bytes([0xff, 0x0a, 0xfa, 0x1f])],
    ['image/jxl', bytes([0, 0, 0, 12], 'JXL ', [13, 10, 0x87, 10])],
    ['image/bmp', bytes('BM', [70, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 24, 0])],
  ])('%s', (mediaType, head) => {
    expect(detectMedia(head)).toEqual({ mediaType, kind: 'image' });
  });
});

describe('video and sound', () => {
  it.each([
    ['video/mp4', 'video', bytes([0, 0, 0, 24], 'ftypisom', [0, 0, 2, 0], 'isomavc1')],
    ['video/quicktime', 'video', bytes([0, 0, 0, 20], 'ftypqt  ', [0, 0, 2, 0], 'qt  ')],
    ['video/quicktime', 'video', bytes([0, 0, 0, 8], 'wide', [0, 0, 0, 0], 'mdat')],
    ['video/webm', 'video', bytes([0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42, 0x82, 0x84], 'webm')],
    ['video/x-matroska', 'video', bytes([0x1a, 0x45, 0xdf, 0xa3, 0xa3, 0x42, 0x82, 0x88], 'matroska')],
    ['video/x-msvideo', 'video', bytes('RIFF', [0, 0, 0, 0], 'AVI LIST')],
    ['video/mp2t', 'video', Uint8Array.from({ length: 600 }, (_, at) => (at % 188 === 0 ? 0x47 : 0xff))],
    ['video/ogg', 'video', bytes('OggS', [0, 2], zeros(22), [0x80], 'theora')],
    ['audio/ogg', 'audio', bytes('OggS', [0, 2], zeros(22), 'OpusHead')],
    ['audio/wav', 'audio', bytes('RIFF', [0, 0, 0, 0], 'WAVEfmt ')],
    ['audio/flac', 'audio', bytes('fLaC', [0, 0, 0, 34])],
    ['audio/mpeg', 'audio', bytes('ID3', [3, 0, 0])],
    ['audio/mpeg', 'audio', bytes([0xff, 0xfb, 0x90, 0x64], zeros(413), [0xff, 0xfb, 0x90, 0x64])],
    ['audio/mp4', 'audio', bytes([0, 0, 0, 20], 'ftypM4A ', [0, 0, 0, 0], 'M4A ')],
  ])('%s', (mediaType, kind, head) => {
    expect(detectMedia(head)).toEqual({ mediaType, kind });
  });
});

describe('scans', () => {
  it('DICOM with its preamble, even one that looks like a TIFF file', () => {
    expect(detectMedia(dicom).kind).toBe('dicom');
    const dual = Uint8Array.from(dicom);
    dual.set([0x49, 0x49, 0x2a, 0]);
    expect(detectMedia(dual)).toEqual({ mediaType: 'application/dicom', kind: 'dicom' });
  });

  it('DICOM without preamble: with a meta header, and a bare data set in each encoding', () => {
    expect(detectMedia(dicom.subarray(132)).kind).toBe('dicom');
    const implicit = bytes([8, 0, 5, 0, 10, 0, 0, 0], 'ISO_IR 100', [8, 0, 8, 0, 8, 0, 0, 0], 'ORIGINAL');
    const bigEndian = bytes([0, 8, 0, 5], 'CS', [0, 10], 'ISO_IR 100', [0, 8, 0, 8], 'CS', [0, 8], 'ORIGINAL');
    const explicit = bytes([8, 0, 5, 0], 'CS', [10, 0], 'ISO_IR 100', [8, 0, 8, 0], 'CS', [8, 0], 'ORIGINAL');
    for (const head of [implicit, bigEndian, explicit]) expect(detectMedia(head).kind).toBe('dicom');
  });

  it('is not taken in by bytes that only begin like a data set', () => {
    const odd = bytes([8, 0, 5, 0, 10, 0, 0, 0], 'not DICOM at all, 0123456789');
    expect(detectMedia(odd).kind).toBe('other');
  });

  it('NIfTI, plain and inside gzip, and gzip that holds something else', () => {
    expect(detectMedia(nifti)).toEqual({ mediaType: 'application/nifti', kind: 'nifti' });
    expect(detectMedia(gzipSync(nifti), 'volume.gz').kind).toBe('nifti');
    expect(detectMedia(gzipSync(Buffer.alloc(5_000, 1)), 'brain.nii.gz')).toEqual({ mediaType: 'application/gzip', kind: 'other' });
    expect(detectMedia(bytes([0x1f, 0x8b, 8, 0], 'broken')).mediaType).toBe('application/gzip');
  });
});

describe('text', () => {
  it.each([
    ['image/svg+xml', 'other', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ['image/svg+xml', 'other', `<?xml version="1.0"?>\n<!-- ${'drawn '.repeat(300)} -->\n<!DOCTYPE svg PUBLIC "x">\n<svg/>`],
    ['image/svg+xml', 'other', '<s:svg xmlns:s="http://www.w3.org/2000/svg"/>'],
    ['text/html', 'text', '\ufeff  <!DOCTYPE html><title>x</title>'],
    ['text/html', 'text', '<!-- hidden --><script>alert(1)</script>'],
    ['application/xml', 'text', '<?xml version="1.0"?><annotation/>'],
    ['application/json', 'text', '{"a": [1, 2]}'],
    ['application/json', 'text', '[]'],
    ['application/x-ndjson', 'text', '{"a":1}\n{"a":2}\n'],
    ['text/plain', 'text', '[section]\nkey=1'],
    ['text/plain', 'text', 'größer als 日本 🙂'],
    ['text/plain', 'text', 'the wide river'],
    ['text/plain', 'text', 'BM is a shop'],
  ])('%s (%s) from %j', (mediaType, kind, content) => {
    expect(detectMedia(text(content))).toEqual({ mediaType, kind });
  });

  it('the name tells kinds of plain text apart, and nothing else', () => {
    expect(detectMedia(text('a,b\n1,2'), 'table.CSV').mediaType).toBe('text/csv');
    expect(detectMedia(text('# Title'), 'notes.md').mediaType).toBe('text/markdown');
    expect(detectMedia(text('# Title'), 'photo.jpg').mediaType).toBe('text/plain');
    expect(detectMedia(text('%PDF-1.7 '), 'notes.md').kind).toBe('pdf');
  });

  it('a character cut off where the head ends is forgiven, one cut off where the file ends is not', () => {
    const long = text('ü'.repeat(3_000));
    expect(detectMedia(Buffer.concat([text('x'), long]).subarray(0, 4_100)).mediaType).toBe('text/plain');
    expect(detectMedia(long.subarray(0, 11)).mediaType).toBe('application/octet-stream');
  });
});

describe('anything else', () => {
  it('archives are named', () => {
    const tar = Buffer.alloc(512);
    tar.write('ustar', 257);
    expect(detectMedia(tar).mediaType).toBe('application/x-tar');
    expect(detectMedia(bytes('PK', [3, 4])).mediaType).toBe('application/zip');
    expect(detectMedia(bytes('BZh91AY&SY')).mediaType).toBe('application/x-bzip2');
  });

  it('nothing and noise are an octet stream', () => {
    expect(detectMedia(new Uint8Array())).toEqual({ mediaType: 'application/octet-stream', kind: 'other' });
    expect(detectMedia(Uint8Array.of(0, 1, 2, 3)).kind).toBe('other');
  });

  it('never throws, whatever it is given', () => {
    const starts = fc.constantFrom<number[]>([], [0x1f, 0x8b, 8], [8, 0], [0, 8], [2, 0], [0, 0, 0, 20, 0x66, 0x74, 0x79, 0x70], [0x42, 0x4d], [0xff, 0xfb, 0x90], [92, 1, 0, 0]);
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 600 }), (start, rest) => {
        expect(detectMedia(Uint8Array.from([...start, ...rest])).mediaType).toMatch(/^[a-z]+\/[a-z0-9.+-]+$/);
      }),
      { numRuns: 500 },
    );
  });
});
