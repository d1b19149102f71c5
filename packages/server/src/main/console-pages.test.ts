import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify from 'fastify';
import { afterAll, describe, expect, test } from 'vitest';
import { s3Client } from '../engines/blobs/s3-client.ts';
import { s3Direct } from '../engines/blobs/s3-direct.ts';
import { s3Place } from '../engines/blobs/s3-place.ts';
import { consolePages, uploadOrigins } from './console-pages.ts';

const dist = mkdtempSync(join(tmpdir(), 'fovea-pages-'));
writeFileSync(join(dist, 'index.html'), '<!doctype html>');
afterAll(() => rmSync(dist, { recursive: true, force: true }));

/** What a store in a bucket presigns; nothing is sent. */
const store = (endpoint?: string) => s3Direct(s3Place(s3Client({ endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } }), 'photos', ''), () => Promise.reject(new Error('Nothing is stored.')));
const unsaid = { publicUrl: 'http://127.0.0.1:8080', publicUrlSet: false };

describe('pages of the console', () => {
  test('may speak to their own origin and to the given ones, and to nobody else', async () => {
    const connect = async (origins: string[]) => {
      const app = fastify();
      await app.register(consolePages(async () => origins, dist));
      const { headers } = await app.inject('/projects');
      await app.close();
      return /connect-src ([^;]*)/.exec(String(headers['content-security-policy']))?.[1];
    };
    expect(await connect([])).toBe("'self'");
    expect(await connect(['https://store.example.com'])).toBe("'self' https://store.example.com");
  });

  test('the origins are that of the object store and that of the public URL', async () => {
    expect(await uploadOrigins(unsaid, {})).toEqual([]);
    expect(await uploadOrigins({ publicUrl: 'https://labels.example.com/fovea', publicUrlSet: true }, {})).toEqual(['https://labels.example.com']);
    for (const [endpoint, origin] of [
      ['http://127.0.0.1:9000', 'http://127.0.0.1:9000'],
      [undefined, 'https://photos.s3.eu-west-1.amazonaws.com'],
    ] as const) {
      expect(await uploadOrigins(unsaid, { direct: store(endpoint) })).toEqual([origin]);
    }
  });
});
