import { runsFromBitmap } from '@fovea/geometry';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvLine, readCsv } from './csv.ts';
import { FormatError } from './dataset.ts';
import { type FileSource, memorySource, readLines, readText } from './files.ts';
import { imageSize } from './image-size.ts';
import { deflateBytes, inflateBytes } from './inflate.ts';
import { type JsonPart, parseJson, streamJson } from './json-stream.ts';
import { decodeBrush, encodeBrush } from './label-studio-brush.ts';
import { decodeNpy, encodeNpy } from './npy.ts';
import { asFileName, LabelPaths, resolvePath, safePath } from './paths.ts';
import { decodePng, encodePng } from './png.ts';
import { crc32c } from './tfrecord.ts';
import { escapeXml, readXml, xml } from './xml.ts';

/** A file that comes in chunks of a few bytes. */
function chunked(path: string, text: string | Uint8Array, size: number): FileSource {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  return {
    async *list() {
      yield { path };
    },
    open: (wanted) =>
      wanted === path
        ? (async function* () {
            for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
          })()
        : undefined,
  };
}

async function partsOf(text: string, size: number): Promise<JsonPart[]> {
  return (await Array.fromAsync(streamJson(chunked('a.json', text, size), 'a.json'))).flat();
}

describe('streamed JSON', () => {
  it('splits into what JSON.parse gives, however the file is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(0, 2),
        async (value, size, indent) => {
          const parts = await partsOf(JSON.stringify(value, null, indent), size);
          const whole: Record<string, unknown> = {};
          for (const { key, index, bytes } of parts) {
            const read = parseJson(bytes, 'a.json');
            const list = (whole[`=${key}`] as unknown[] | undefined) ?? [];
            if (index === undefined) whole[`=${key}`] = read;
            else whole[`=${key}`] = [...list.slice(0, index), read];
          }
          const wanted = Array.isArray(value) ? { '': value } : value;
          // An empty list has no parts.
          const full = Object.entries(wanted).filter(([, entry]) => !(Array.isArray(entry) && entry.length === 0));
          expect(whole).toEqual(
            JSON.parse(JSON.stringify(Object.fromEntries(full.map(([key, entry]) => [`=${key}`, entry])))),
          );
        },
      ),
    );
  });

  it('takes a byte order mark', async () => {
    expect(await partsOf('\ufeff{"a": 1 }', 3)).toHaveLength(1);
  });

  it.each([
    '',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '[1,',
    '["a',
    '{"a":[1}',
    '[1] 2',
    '12',
    'null',
    '{a:1}',
    '{"a":1,}',
    '[,]',
  ])('refuses %j', async (text) => {
    await expect(partsOf(text, 2)).rejects.toThrow(FormatError);
  });

  it('fails on what is broken inside a part when it is read', () => {
    expect(() => parseJson('{"a":}', 'a.json')).toThrow(FormatError);
  });

  it('takes the numbers that Python writes and JSON has not as null', () => {
    expect(parseJson('{"a":[NaN,-Infinity,1],"b":"NaN \\" Infinity"}', 'a.json')).toEqual({ a: [null, null, 1], b: 'NaN " Infinity' });
    expect(() => parseJson('{"a":NaNo}', 'a.json')).toThrow(FormatError);
  });

  it('survives any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', '1', ' ', 'a') }),
        async (text) => {
          const read = partsOf(text, 3).then(
            (parts) => parts.length >= 0,
            (error) => error instanceof FormatError,
          );
          expect(await read).toBe(true);
        },
      ),
    );
  });
});

describe('XML', () => {
  const read = (text: string) => readXml(chunked('a.xml', text, 5), 'a.xml');

  it('gives back names, attributes and texts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
        const expected = text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
        const { children } = await read(`<root>${xml('child', { name: text }, { text })}</root>`);
        expect(children[0]).toMatchObject({ name: 'child', attributes: { name: expected }, text: expected });
      }),
    );
    expect(escapeXml('a<b & "c"\n')).toBe('a&lt;b &amp; &quot;c&quot;&#10;');
  });

  it('expands no entities of the document, whether within or from elsewhere', async () => {
    const bomb = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><r><c>&b;</c></r>';
    const outside = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><r><c>&x;</c></r>';
    await expect(read(bomb)).rejects.toThrow(FormatError);
    await expect(read(outside)).rejects.toThrow(FormatError);
  });

  it.each(['', '<a>', '<a><b></a></b>', '<a/><b/>', 'text', '<a b=c/>', '<a>&nope;</a>'])(
    'refuses %j',
    async (text) => {
      await expect(read(text)).rejects.toThrow(FormatError);
    },
  );

  it('refuses depth without end', async () => {
    await expect(read(`${'<a>'.repeat(100_000)}`)).rejects.toThrow('deeper than 64');
  });
});

describe('CSV', () => {
  it('gives back any fields', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.string(), fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'a') }))),
        fc.integer({ min: 1, max: 7 }),
        async (rows, size) => {
          const text = csvLine(['a', 'b']) + rows.map((row) => csvLine(row)).join('');
          const found = await Array.fromAsync(readCsv(chunked('a.csv', text, size), 'a.csv'));
          expect(found.map((row) => [row.get('a'), row.get('b')])).toEqual(rows);
        },
      ),
    );
  });

  it('takes files without a last line end, with missing fields', async () => {
    const found = await Array.fromAsync(readCsv(memorySource({ 'a.csv': 'a,b\r\n1\r\n"x ""y""",2' }), 'a.csv'));
    expect(found.map((row) => [...row.values()])).toEqual([
      ['1', ''],
      ['x "y"', '2'],
    ]);
  });
});

describe('files', () => {
  it('come in lines, whatever their ends', async () => {
    const lines = async (text: string) => Array.fromAsync(readLines(chunked('a', text, 3), 'a'));
    expect(await lines('één\r\ntwo\n\nfour')).toEqual(['één', 'two', '', 'four']);
    expect(await lines('')).toEqual([]);
    expect(await Array.fromAsync(readLines(memorySource({}), 'missing'))).toEqual([]);
  });

  it('are refused when too long', async () => {
    await expect(readText(memorySource({ a: 'xyz' }), 'a', 2)).rejects.toThrow('longer than 2 bytes');
  });
});

describe('paths', () => {
  it.each([
    ['a/b.jpg', 'a/b.jpg'],
    ['.\\a\\b.jpg', 'a/b.jpg'],
    ['a//b/./c', 'a/b/c'],
    ['../a.jpg', undefined],
    ['a/../../b.jpg', undefined],
    ['a\\..\\..\\b.jpg', undefined],
    ['/etc/passwd', undefined],
    ['\\\\host\\share', undefined],
    ['C:\\x.jpg', undefined],
    ['file:///etc/passwd', undefined],
    ['a\0.jpg', undefined],
    ['', undefined],
    ['.', undefined],
  ])('%j is %j', (text, path) => expect(safePath(text)).toBe(path));

  it('are resolved from a folder, but not out of it', () => {
    expect(resolvePath('labels/train', '../../images/a.jpg')).toBe('images/a.jpg');
    expect(resolvePath('labels', '../../a.jpg')).toBeUndefined();
    expect(resolvePath('labels', '/a.jpg')).toBeUndefined();
  });

  it('keep label files of pictures with one stem apart', () => {
    const paths = new LabelPaths();
    expect(['a.jpg', 'a.png', 'b/a.jpg'].map((path) => paths.stemFor(path))).toEqual(['a', 'a.png', 'b/a']);
    expect(['a/b', '..', ''].map(asFileName)).toEqual(['a_b', '_', '_']);
  });
});

describe('pictures', () => {
  it('are written and read back as PNG, with a palette or without', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom(1 as const, 3 as const, 4 as const),
        fc.integer({ min: 0, max: 255 }),
        (width, height, channels, seed) => {
          const data = Uint8Array.from({ length: width * height * channels }, (_, i) => (i * seed) & 255);
          const bytes = encodePng({ width, height, channels, data });
          const read = decodePng(bytes, 'a.png');
          expect(Array.from(read.data)).toEqual([...data]);
          expect(imageSize(bytes)).toEqual({ width, height });
        },
      ),
    );
    const palette: [number, number, number][] = [
      [0, 0, 0],
      [9, 8, 7],
    ];
    const read = decodePng(
      encodePng({ width: 2, height: 1, channels: 1, data: Uint8Array.of(1, 0), palette }),
      'a.png',
    );
    expect([Array.from(read.data), read.palette?.map((color) => [...color].slice(0, 3))]).toEqual([[1, 0], palette]);
  });

  it('are refused when they are none or too large', () => {
    expect(() => decodePng(new Uint8Array(40), 'a.png')).toThrow('a.png is not a PNG');
    const huge = encodePng({ width: 1, height: 1, channels: 1, data: new Uint8Array(1) });
    new DataView(huge.buffer).setUint32(16, 70_000);
    new DataView(huge.buffer).setUint32(20, 70_000);
    expect(() => decodePng(huge, 'a.png')).toThrow('more than');
    const broken = encodePng({ width: 4, height: 4, channels: 1, data: new Uint8Array(16) }).slice(0, 45);
    expect(() => decodePng(broken, 'a.png')).toThrow(FormatError);
  });

  it('say their upright size from the header', () => {
    const jpeg = (orientation: number) =>
      Uint8Array.of(
        0xff,
        0xd8,
        0xff,
        0xe1,
        0,
        34,
        ...[...'Exif\0\0MM\0*'].map((c) => c.charCodeAt(0)),
        0,
        0,
        0,
        8,
        0,
        1,
        0x01,
        0x12,
        0,
        3,
        0,
        0,
        0,
        1,
        0,
        orientation,
        0,
        0,
        0,
        0,
        0,
        0,
        0xff,
        0xc0,
        0,
        11,
        8,
        0,
        30,
        0,
        40,
        1,
        0,
        0,
        0,
      );
    expect(imageSize(jpeg(1))).toEqual({ width: 40, height: 30 });
    expect(imageSize(jpeg(6))).toEqual({ width: 30, height: 40 });
    const gif = Uint8Array.of(...[...'GIF89a'].map((c) => c.charCodeAt(0)), 44, 1, 200, 0);
    expect(imageSize(gif)).toEqual({ width: 300, height: 200 });
    expect(imageSize(new Uint8Array(0))).toBeUndefined();
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => imageSize(bytes) === undefined || true));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => imageSize(Uint8Array.of(0xff, 0xd8, ...tail)) !== null),
    );
  });
});

describe('encodings', () => {
  it('of brush masks come back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 50 }),
        (width, height, step) => {
          const runs = runsFromBitmap(
            Array.from({ length: width * height }, (_, i) => Number(i % step === 0)),
            width,
            height,
          );
          expect(decodeBrush(encodeBrush(runs), width, height)).toEqual(runs);
        },
      ),
    );
    const large = runsFromBitmap(new Uint8Array(400 * 400), 400, 400);
    expect(decodeBrush(encodeBrush(large), 400, 400)).toEqual(large);
    expect(decodeBrush([0, 0, 0, 9], 2, 2)).toContain('has 9 samples');
    expect(decodeBrush([0, 0, 0, 16, 57, 137], 2, 2)).toContain('ends too early');
  });

  it('of NumPy masks come back, and others are refused', () => {
    const array = { height: 2, width: 3, data: Uint8Array.of(1, 0, 1, 0, 0, 1) };
    expect(decodeNpy(encodeNpy(array))).toEqual(array);
    expect(encodeNpy(array).length % 64).toBe(6);
    expect(() => decodeNpy(new Uint8Array(20))).toThrow(FormatError);
    expect(() => decodeNpy(encodeNpy({ ...array, width: 4 }))).toThrow('another length');
  });

  it('of deflated bytes are bounded', () => {
    const bomb = deflateBytes(new Uint8Array(5_000_000));
    expect(inflateBytes(bomb, 5_000_000)).toHaveLength(5_000_000);
    expect(() => inflateBytes(bomb, 1000)).toThrow('more than 1000 bytes');
    expect(() => inflateBytes(Uint8Array.of(1, 2, 3), 1000)).toThrow(FormatError);
  });

  it('of check sums are those of RFC 3720, B.4', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  });
});
