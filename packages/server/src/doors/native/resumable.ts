import { AsyncLocalStorage } from 'node:async_hooks';
import { truncate } from 'node:fs/promises';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { FileConfigstore, FileStore } from '@tus/file-store';
import { Server, type Upload } from '@tus/server';
import { conflictRules, itemStatuses, itemPath, timeInput } from '@fovea/contract';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ItemsService } from '../../catalog/items/service.ts';
import { Fault } from '../../fault.ts';
import { authenticate, type Authenticator } from '../../http/authenticate.ts';
import { toFault } from '../../http/problem.ts';
import type { Caller } from '../../identity/caller.ts';

const base = '/v1/uploads';
/** An upload that nobody goes on with is removed after so long. */
const lifeMs = 7 * 24 * 3_600_000;
const sweepMs = 3_600_000;

/** What a client says in `Upload-Metadata`: where the file goes and what is said about it. */
const wishes = z.object({
  dataset: z.uuid('must be the id of the dataset'),
  path: itemPath.optional(),
  filename: z.string().optional(),
  name: z.string().optional(),
  ifExists: z.enum(conflictRules).default('error'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits').optional(),
  labels: z.string().transform((text) => text.split(',').filter((label) => label !== '')).optional(),
  channel: z.string().max(200).optional(),
  status: z.enum(itemStatuses).optional(),
  expiresAt: timeInput.optional(),
  metadata: z.string().transform((text, context) => parseObject(text, context)).optional(),
});
type Wishes = z.infer<typeof wishes>;

function parseObject(text: string, context: z.core.$RefinementCtx): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below, with what would be right.
  }
  context.addIssue({ code: 'custom', message: 'must be a JSON object' });
  return z.NEVER;
}

export interface ResumableDeps {
  rooms: { items: ItemsService };
  auth: Authenticator;
  settings: { uploadsDir: string; maxUploadBytes: number };
}

/**
 * Resumable uploads after the protocol tus 1.0 (https://tus.io/protocols/resumable-upload, with creation, termination and expiration) at
 * `/v1/uploads`. The metadata of an upload are the parameters of `items.upload`, `dataset` and `path` (or `filename`) among them; the
 * answer to its last piece names the item in the header `Fovea-Item`. What has arrived lies on the disk of this process and survives its end.
 */
export function resumableUploads({ rooms, auth, settings }: ResumableDeps) {
  mkdirSync(settings.uploadsDir, { recursive: true, mode: 0o700 });
  const callers = new AsyncLocalStorage<Caller>();
  const configs = new FileConfigstore(settings.uploadsDir);
  const datastore = new FileStore({ directory: settings.uploadsDir, configstore: configs, expirationPeriodInMilliseconds: lifeMs });

  function caller(): Caller {
    const known = callers.getStore();
    if (!known) throw new Error('A resumable upload has no caller.');
    return known;
  }

  /** Makes the item of an upload whose bytes are all here; a second time gives the first one's. */
  async function finish(upload: Upload): Promise<string> {
    const done = upload.metadata?.['item'];
    if (typeof done === 'string') return done;
    const { dataset, path, filename, name, ifExists: rule, ...facets } = read(upload);
    const access = await rooms.items.authorizeUpload(caller(), dataset);
    try {
      const { item } = await rooms.items.upload(caller(), access, { ...facets, rule, path: path ?? filename ?? name ?? '' }, datastore.read(upload.id));
      upload.metadata = { ...upload.metadata, item: item.id };
      await configs.set(upload.id, upload);
      // The bytes are in the store: what stays is a hole of the same size, so that the client that asks again hears it is complete.
      await truncate(join(settings.uploadsDir, upload.id), 0);
      await truncate(join(settings.uploadsDir, upload.id), upload.size ?? 0);
      return item.id;
    } catch (error) {
      // Bytes that are refused are refused for good; the client is not told later that its upload is complete.
      if (error instanceof Fault && error.code !== 'not_available' && error.code !== 'disk_full') await datastore.remove(upload.id);
      throw error;
    }
  }

  const server = new Server({
    path: base,
    datastore,
    maxSize: settings.maxUploadBytes,
    relativeLocation: true,
    allowedHeaders: ['authorization', 'x-fovea-csrf'],
    exposedHeaders: ['fovea-item'],
    async onUploadCreate(_request, upload) {
      const wished = read(upload);
      await rooms.items.authorizeUpload(caller(), wished.dataset);
      return { metadata: { ...upload.metadata, item: null, owner: ownerOf(caller()) } };
    },
    async onIncomingRequest(request, id) {
      if (id === '' || request.method === 'OPTIONS' || request.method === 'POST') return;
      const upload = await datastore.getUpload(id);
      if (upload.metadata?.['owner'] !== ownerOf(caller())) throw new Fault('not_found', 'There is no such upload.');
      // All bytes came, and the process ended before it had made the item.
      if (request.method === 'HEAD' && upload.size !== undefined && upload.offset === upload.size) await finish(upload);
    },
    async onUploadFinish(_request, upload) {
      return { headers: { 'Fovea-Item': await finish(upload) } };
    },
    onResponseError(_request, error) {
      if ('status_code' in error) return undefined;
      const fault = toFault(error);
      return { status_code: fault.status, body: JSON.stringify({ code: fault.code, detail: fault.message, status: fault.status }) };
    },
  });

  return async (app: FastifyInstance): Promise<void> => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    const sweeping = setInterval(() => void server.cleanUpExpiredUploads().catch((error: unknown) => app.log.warn({ error: String(error) }, 'old uploads were not removed')), sweepMs).unref();
    app.addHook('onClose', async () => clearInterval(sweeping));
    for (const url of [base, `${base}/:upload`]) {
      app.route({
        method: ['OPTIONS', 'POST', 'HEAD', 'PATCH', 'DELETE'],
        url,
        bodyLimit: Number.MAX_SAFE_INTEGER,
        async handler(request, reply) {
          const isPublic = request.method === 'OPTIONS';
          const known = isPublic ? undefined : (await authenticate(auth, request)).caller;
          void reply.hijack();
          const handle = () => server.handle(request.raw, reply.raw);
          await (known ? callers.run(known, handle) : handle());
        },
      });
    }
  };
}

const ownerOf = ({ orgId, userId }: Caller): string => `${orgId} ${userId}`;

function read(upload: Upload): Wishes {
  // Never passed over in silence: who asks for it must not find the patient's name in the store.
  if (upload.metadata && 'deidentify' in upload.metadata) throw new Fault('invalid_request', 'Resumable uploads are not de-identified; use POST /v1/datasets/{dataset}/items?deidentify=true.');
  const given = Object.fromEntries(Object.entries(upload.metadata ?? {}).filter(([key, value]) => value !== null && key in wishes.shape));
  const parsed = wishes.safeParse(given);
  if (!parsed.success) {
    const errors = parsed.error.issues.map((issue) => ({ path: `Upload-Metadata.${issue.path.join('.')}`, message: issue.message }));
    throw new Fault('invalid_request', `${errors[0]?.path} ${errors[0]?.message}.`, { errors });
  }
  const { path, filename, name } = parsed.data;
  if ((path ?? filename ?? name) === undefined) throw new Fault('invalid_request', 'Upload-Metadata needs a path, or a filename.');
  return parsed.data;
}
