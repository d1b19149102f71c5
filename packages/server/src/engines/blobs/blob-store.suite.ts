import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BlobError, type BlobStore, type ByteRange } from './blobs.ts';
import { partCount, partRange, type PartUpload } from './parts.ts';

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const md5Of = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

export async function* chunksOf(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

export async function readAll(source: AsyncIterable<unknown>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of source) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (fault: unknown) => fault,
  );
  return error instanceof BlobError ? error.code : `not a BlobError: ${String(error)}`;
};

export interface SuiteStore {
  store: BlobStore;
  /** Everything there is, temporary things too: nothing may be left behind. */
  leftovers(): Promise<string[]>;
  /** Damages the stored bytes behind the store's back. */
  damage(sha256: string): Promise<void>;
  close(): Promise<void>;
}

/** What every engine of the port must do. */
export function blobStoreSuite(name: string, open: () => Promise<SuiteStore>): void {
  describe(`the store of ${name}`, () => {
    let opened: SuiteStore;
    let store: BlobStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened?.close());

    describe('parts', () => {
      const mebibyte = 1024 ** 2;
      const begin = async (key: string, size: number, partBytes = 5 * mebibyte): Promise<PartUpload> => {
        const upload = { key, handle: '', size, partBytes };
        return { ...upload, handle: await store.parts.begin(key, { parts: partCount(upload) }) };
      };
      const send = (upload: PartUpload, number: number, bytes: Uint8Array) => {
        const { offset, bytes: length } = partRange(upload, number);
        return store.parts.put(upload, number, chunksOf(bytes.subarray(offset, offset + length)));
      };

      test('in any order, at once and again, become one blob', async () => {
        const bytes = randomBytes(12 * mebibyte + 5);
        const upload = await begin('any-order', bytes.length);
        expect([...(await store.parts.arrived(upload))]).toEqual([]);
        await Promise.all([send(upload, 3, bytes), send(upload, 1, bytes)]);
        expect([...(await store.parts.arrived(upload))].toSorted()).toEqual([1, 3]);
        expect(await codeOf(store.parts.complete(upload, {}))).toBe('upload_incomplete');
        await Promise.all([send(upload, 2, bytes), send(upload, 2, bytes)]);
        await send(upload, 3, bytes);
        expect(await store.parts.complete(upload, { sha256: sha256Of(bytes) })).toEqual({ sha256: sha256Of(bytes), size: bytes.length });
        expect((await readAll(await store.get(sha256Of(bytes)))).equals(bytes)).toBe(true);
        expect(await opened.leftovers()).toEqual([]);
      });

      test('a part that is sent again with other bytes counts as it came last', async () => {
        const [first, second] = [randomBytes(6 * mebibyte), randomBytes(6 * mebibyte)];
        const upload = await begin('again', first.length);
        for (const number of [1, 2]) await send(upload, number, first);
        await sleep(100);
        for (const number of [1, 2]) await send(upload, number, second);
        expect(await store.parts.complete(upload, {})).toEqual({ sha256: sha256Of(second), size: second.length });
        expect(await store.verify(sha256Of(second))).toBe('ok');
      });

      test('of one are a plain file', async () => {
        const bytes = randomBytes(1_000);
        const upload = await begin('one', bytes.length);
        expect(await codeOf(store.parts.complete(upload, {}))).toBe('upload_incomplete');
        await send(upload, 1, bytes);
        expect([...(await store.parts.arrived(upload))]).toEqual([1]);
        expect(await store.parts.complete(upload, {})).toEqual({ sha256: sha256Of(bytes), size: bytes.length });
        expect(await opened.leftovers()).toEqual([]);
      });

      test('with too few or too many bytes are refused', async () => {
        const upload = await begin('lengths', 1_000);
        expect(await codeOf(store.parts.put(upload, 1, chunksOf(randomBytes(999))))).toBe('upload_incomplete');
        expect(await codeOf(store.parts.put(upload, 1, chunksOf(randomBytes(1_001))))).toBe('too_large');
        expect([...(await store.parts.arrived(upload))]).toEqual([]);
        await store.parts.abort(upload);
        await store.parts.abort(upload);
        expect(await opened.leftovers()).toEqual([]);
      });

      test('with another digest than was announced are refused and removed', async () => {
        const bytes = randomBytes(6 * mebibyte);
        const upload = await begin('lie', bytes.length);
        for (const number of [1, 2]) await send(upload, number, bytes);
        expect(await codeOf(store.parts.complete(upload, { sha256: sha256Of(Buffer.from('other')) }))).toBe('digest_mismatch');
        expect(await store.stat(sha256Of(bytes))).toBeUndefined();
        expect(await codeOf(store.parts.complete(upload, {}))).toMatch(/not_found|upload_incomplete/);
        expect(await opened.leftovers()).toEqual([]);
      });

      test('of an upload that was given up are gone', async () => {
        const upload = await begin('given-up', 6 * mebibyte);
        await send(upload, 1, randomBytes(6 * mebibyte));
        await store.parts.abort(upload);
        expect(await codeOf(store.parts.arrived(upload))).toBe('not_found');
        expect(await codeOf(send(upload, 1, randomBytes(6 * mebibyte)))).toBe('not_found');
        expect(await opened.leftovers()).toEqual([]);
      });
    });

    describe('put', () => {
      // Around the sizes where a store changes its way: nothing, one chunk, a part of 8 MiB, several parts.
      test.each([0, 1, 65_536, 8 * 1024 ** 2 - 1, 8 * 1024 ** 2, 8 * 1024 ** 2 + 1, 20 * 1024 ** 2 + 7])(
        'stores %i bytes under their digest',
        async (size) => {
          const bytes = randomBytes(size);
          const blob = await store.put(chunksOf(bytes), {
            sha256: sha256Of(bytes).toUpperCase(),
            md5: md5Of(bytes),
            maxBytes: size,
          });
          expect(blob).toEqual({ sha256: sha256Of(bytes), size });
          expect((await readAll(await store.get(blob.sha256))).equals(bytes)).toBe(true);
          expect(await opened.leftovers()).toEqual([]);
        },
      );

      test('of a large stream with no announced digest ends at its content address', async () => {
        const bytes = randomBytes(17 * 1024 ** 2);
        const blob = await store.put(chunksOf(bytes, 1_000_003));
        expect(blob).toEqual({ sha256: sha256Of(bytes), size: bytes.length });
        expect(await store.stat(blob.sha256)).toMatchObject({ size: bytes.length });
        expect(await opened.leftovers()).toEqual([]);
      });

      test('of equal content, many times at once, is one blob', async () => {
        const bytes = randomBytes(100_000);
        const blobs = await Promise.all(Array.from({ length: 8 }, () => store.put(chunksOf(bytes))));
        expect(new Set(blobs.map((blob) => blob.sha256)).size).toBe(1);
        expect(await store.verify(sha256Of(bytes))).toBe('ok');
      });

      const large = randomBytes(9 * 1024 ** 2);
      test.each([
        ['another SHA-256', 'digest_mismatch', { sha256: sha256Of(Buffer.from('other')) }],
        ['another MD5', 'digest_mismatch', { md5: md5Of(Buffer.from('other')) }],
        ['fewer bytes', 'too_large', { maxBytes: large.length - 1 }],
      ])('refuses a large stream that promised %s, and keeps nothing', async (_promise, code, options) => {
        expect(await codeOf(store.put(chunksOf(large), options))).toBe(code);
        expect(await store.stat(sha256Of(large))).toBeUndefined();
        expect(await opened.leftovers()).toEqual([]);
      });

      test('refuses a small stream that promised another digest or size', async () => {
        expect(await codeOf(store.put(chunksOf(Buffer.from('a')), { sha256: sha256Of(Buffer.from('b')) }))).toBe(
          'digest_mismatch',
        );
        expect(await codeOf(store.put(chunksOf(Buffer.from('a')), { md5: 'x' }))).toBe('digest_mismatch');
        expect(await codeOf(store.put(chunksOf(Buffer.from('abc')), { maxBytes: 2 }))).toBe('too_large');
        expect(await opened.leftovers()).toEqual([]);
      });

      test.each([1_000, 12 * 1024 ** 2])(
        'keeps nothing of a source that breaks off after %i bytes, and hands its error on',
        async (size) => {
          async function* breaking() {
            yield* chunksOf(randomBytes(size));
            throw Object.assign(new Error('the line went dead'), { code: 'ENOENT' });
          }
          await expect(store.put(breaking())).rejects.toThrow('the line went dead');
          expect(await opened.leftovers()).toEqual([]);
        },
      );

      test('ends a source that it stops reading', async () => {
        let ended = false;
        async function* endless() {
          try {
            for (;;) yield new Uint8Array(10_000);
          } finally {
            ended = true;
          }
        }
        expect(await codeOf(store.put(endless(), { maxBytes: 100_000 }))).toBe('too_large');
        expect(ended).toBe(true);
      });
    });

    describe('putMany', () => {
      test('stores all, in order, doubles too', async () => {
        const contents = [
          ...Array.from({ length: 50 }, () => randomBytes(2_000)),
          Buffer.alloc(0),
          Buffer.from('twice'),
          Buffer.from('twice'),
        ];
        const blobs = await store.putMany(contents);
        expect(blobs).toEqual(contents.map((bytes) => ({ sha256: sha256Of(bytes), size: bytes.length })));
        for (const [index, blob] of blobs.entries())
          expect((await readAll(await store.get(blob.sha256))).equals(contents[index] ?? Buffer.from('missing'))).toBe(
            true,
          );
        expect(await opened.leftovers()).toEqual([]);
      });

      test('of nothing is nothing', async () => {
        expect(await store.putMany([])).toEqual([]);
      });
    });

    test('get reads ranges as the bytes say', async () => {
      const bytes = randomBytes(300_000);
      const { sha256 } = await store.put(chunksOf(bytes));
      const ranges: ByteRange[] = [
        { start: 0, end: 0 },
        { start: 0, end: 299_999 },
        { start: 299_999, end: 299_999 },
        { start: 1_000, end: 200_000 },
        { start: 299_000, end: 1_000_000 },
        { start: 300_000, end: 300_001 },
      ];
      for (const range of ranges)
        expect((await readAll(await store.get(sha256, range))).equals(bytes.subarray(range.start, range.end + 1))).toBe(
          true,
        );
    });

    test('a read that is given up leaves the store usable', async () => {
      const { sha256 } = await store.put(chunksOf(randomBytes(5 * 1024 ** 2)));
      for (let round = 0; round < 70; round++) {
        const stream = await store.get(sha256);
        await stream[Symbol.asyncIterator]().next();
        stream.destroy();
      }
      expect(await store.verify(sha256)).toBe('ok');
    });

    test('what is not there is not found', async () => {
      const missing = sha256Of(Buffer.from('never stored'));
      expect(await codeOf(store.get(missing))).toBe('not_found');
      expect(await codeOf(store.localPath(missing))).toBe('not_found');
      expect(await store.stat(missing)).toBeUndefined();
      expect(await store.verify(missing)).toBe('missing');
      await expect(store.delete(missing)).resolves.toBeUndefined();
    });

    test.each(['', '../../etc/passwd', 'A'.repeat(64), `${'a'.repeat(64)}/../x`])(
      'the digest "%s" is none',
      async (digest) => {
        expect(await codeOf(store.get(digest))).toBe('not_found');
        expect(await codeOf(store.delete(digest))).toBe('not_found');
      },
    );

    test('stat knows size and time; delete removes; a new put brings it back and renews the time', async () => {
      const before = Date.now();
      const bytes = randomBytes(10);
      const { sha256 } = await store.put(chunksOf(bytes));
      const first = await store.stat(sha256);
      expect(first?.size).toBe(10);
      // Stores keep whole seconds, by their own clocks.
      expect(Math.abs((first?.modifiedMs ?? 0) - before)).toBeLessThan(10_000);
      await sleep(1_100);
      await store.putMany([bytes]);
      expect((await store.stat(sha256))?.modifiedMs).toBeGreaterThan(first?.modifiedMs ?? Number.POSITIVE_INFINITY);
      await store.delete(sha256);
      expect(await store.stat(sha256)).toBeUndefined();
      await store.put(chunksOf(bytes));
      expect(await store.verify(sha256)).toBe('ok');
    });

    test('list names every blob once', async () => {
      const stored = await store.putMany(Array.from({ length: 30 }, () => randomBytes(16)));
      const seen = new Map<string, number>();
      for await (const blob of store.list()) {
        expect(seen.has(blob.sha256)).toBe(false);
        seen.set(blob.sha256, blob.size);
      }
      for (const blob of stored) expect(seen.get(blob.sha256)).toBe(blob.size);
    });

    test('deleteUnused takes what is old, and nothing that was stored since', async () => {
      const bytes = randomBytes(500);
      const { sha256 } = await store.put(chunksOf(bytes));
      expect(await store.deleteUnused(sha256, Date.now() - 60_000)).toBe(false);
      expect(await store.verify(sha256)).toBe('ok');
      expect(await store.deleteUnused(sha256, Date.now() + 60_000)).toBe(true);
      expect(await store.verify(sha256)).toBe('missing');
      expect(await store.deleteUnused(sha256, Date.now() + 60_000)).toBe(false);
    });

    test('localPath gives a file with the bytes', async () => {
      const bytes = randomBytes(100_000);
      const { sha256 } = await store.put(chunksOf(bytes));
      const local = await store.localPath(sha256);
      expect((await readFile(local.path)).equals(bytes)).toBe(true);
      await local.release();
      expect(await store.verify(sha256)).toBe('ok');
    });

    test('verify finds damage', async () => {
      const { sha256 } = await store.put(chunksOf(randomBytes(1_000)));
      expect(await store.verify(sha256)).toBe('ok');
      await opened.damage(sha256);
      expect(await store.verify(sha256)).toBe('damaged');
      await store.delete(sha256);
    });
  });
}
