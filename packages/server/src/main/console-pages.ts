import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { extname, join, normalize, sep } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { BlobStore } from '../engines/blobs/blobs.ts';
import type { Config } from './config.ts';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
  '.map': 'application/json',
};

/** What pages of the console may load and whom they may speak to: beside the platform itself, the origins that it sends large files to. */
const policyWith = (origins: readonly string[]): string =>
  [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob: http: https:",
    "media-src 'self' blob: http: https:",
    ["connect-src 'self'", ...origins].join(' '),
    "worker-src 'self' blob:",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join('; ');

/**
 * Where the console sends parts of files beside its own origin: to the object store, as its presigned URLs say, and to the public URL
 * where that is another one.
 */
export async function uploadOrigins(config: Pick<Config, 'publicUrl' | 'publicUrlSet'>, blobs: Pick<BlobStore, 'direct'>): Promise<string[]> {
  const store = await blobs.direct?.presignPut('origin', { expiresSeconds: 1 });
  return [...(config.publicUrlSet ? [config.publicUrl] : []), ...(store === undefined ? [] : [store])].map((url) => new URL(url).origin);
}

/** Serves the built console; every path that is no file is a page of it. `connectTo` gives the origins that its pages may send requests to beside their own. */
export function consolePages(connectTo: () => Promise<readonly string[]>, dist: string = join(import.meta.dirname, '..', '..', '..', 'console', 'dist')) {
  const gzipped = new Map<string, Buffer>();
  let known: string | undefined;
  const policy = async (): Promise<string> => (known ??= policyWith(await connectTo()));
  return async (app: FastifyInstance): Promise<void> => {
    app.get('/*', async (request, reply) => {
      const asked = decodeURIComponent(request.url.split('?')[0] ?? '/');
      // Paths of the API and the doors that exist nowhere are no pages of the console.
      if (/^\/(v1|scale|dataloop|voxel51|skylab|datamint|dicom-web)(\/|$)/.test(asked)) return reply.callNotFound();
      const file = normalize(join(dist, asked));
      const inside = file.startsWith(dist + sep) && existsSync(file) && statSync(file).isFile();
      const served = inside ? file : join(dist, 'index.html');
      if (!existsSync(served)) {
        return reply.code(503).header('content-type', 'text/html; charset=utf-8').send('<!doctype html><title>Fovea</title><p>The console is not built yet; run <code>npm start</code>, which builds it.</p>');
      }
      const hashed = asked.startsWith('/assets/') && inside;
      void reply.headers({
        'content-type': types[extname(served)] ?? 'application/octet-stream',
        'content-security-policy': await policy(),
        'cache-control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
        vary: 'accept-encoding',
      });
      const zip = hashed && /\.(js|css|svg|json)$/.test(served) && /\bgzip\b/.test(String(request.headers['accept-encoding']));
      if (!zip) return reply.send(createReadStream(served));
      // Names of assets carry the digest of their content, so what was pressed once stays right.
      const pressed = gzipped.get(served) ?? gzipSync(readFileSync(served), { level: 9 });
      gzipped.set(served, pressed);
      return reply.header('content-encoding', 'gzip').send(pressed);
    });
  };
}
