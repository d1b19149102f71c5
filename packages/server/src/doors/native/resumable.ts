import { AsyncLocalStorage } from 'node:async_hooks';
import { truncate } from 'node:fs/promises';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { FileConfigstore, FileStore } from '@tus/file-store';
import { Server, type Upload } from '@tus/server';
import { conflictRules, deidentifyQuery, futureExpiry, imports, itemPath, items, itemStatuses, metadataText } from '@fovea/contract';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { BringService } from '../../catalog/bring/service.ts';
import { maxCleanBytes, tooLargeToClean, type DeidentificationService } from '../../catalog/deidentification/service.ts';
import type { ItemsService } from '../../catalog/items/service.ts';
import { Fault } from '../../fault.ts';
import { authenticate, type Authenticator } from '../../http/authenticate.ts';
import { toFault } from '../../http/problem.ts';
import type { Caller } from '../../identity/caller.ts';
import type { ImportsService } from '../../labeling/imports/service.ts';

const base = '/v1/uploads';
/** An upload that nobody goes on with is removed after so long. */
const lifeMs = 7 * 24 * 3_600_000;
const sweepMs = 3_600_000;

/** What becomes of a finished upload: an item, items out of an archive, or an import of labels. */
const uses = ['item', 'archive', 'import'] as const;

const dataset = z.uuid('must be the id of the dataset');
/** What a client says in `Upload-Metadata` of a file: where it goes and what is said about it. */
const itemWishes = z.object({
  use: z.literal('item'),
  dataset,
  path: itemPath.optional(),
  filename: z.string().optional(),
  name: z.string().optional(),
  ifExists: z.enum(conflictRules).default('error'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits').optional(),
  labels: z.string().transform((text) => text.split(',').filter((label) => label !== '')).optional(),
  channel: z.string().max(200).optional(),
  status: z.enum(itemStatuses).optional(),
  expiresAt: futureExpiry.optional(),
  metadata: metadataText.optional(),
  deidentify: deidentifyQuery,
});
const archiveWishes = items.importArchive.query.extend({ use: z.literal('archive'), dataset });
const importWishes = imports.create.query.extend({ use: z.literal('import'), dataset, filename: z.string().max(500).optional() });
const wishes = z.discriminatedUnion('use', [itemWishes, archiveWishes, importWishes]);
type Wishes = z.infer<typeof wishes>;
const knownFields = new Set(wishes.options.flatMap((one) => Object.keys(one.shape)));

export interface ResumableDeps {
  rooms: { items: ItemsService; deidentification: DeidentificationService; bring: BringService; imports: ImportsService };
  auth: Authenticator;
  settings: { uploadsDir: string; maxUploadBytes: number };
}

/** What a finished upload became, and the header that names it. */
interface Outcome {
  header: (typeof headers)[Wishes['use']];
  id: string;
}
const headers = { item: 'Fovea-Item', archive: 'Fovea-Command', import: 'Fovea-Import' } as const;

/**
 * Resumable uploads after the protocol tus 1.0 (https://tus.io/protocols/resumable-upload, with creation, termination and expiration) at
 * `/v1/uploads`. The metadata of an upload are the parameters of `items.upload`, `dataset` and `path` (or `filename`) among them; the
 * answer to its last piece names the item in the header `Fovea-Item`. With `use` `archive` or `import` they are those of `items.importArchive`
 * or `imports.create`, and the answer has `Fovea-Command` or `Fovea-Import`. What has arrived lies on the disk of this process and survives its end.
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

  /** The bytes are in the store: what stays is a hole of the same size, so that the client that asks again hears it is complete. */
  async function empty({ id, size = 0 }: Upload): Promise<void> {
    await truncate(join(settings.uploadsDir, id), 0);
    await truncate(join(settings.uploadsDir, id), size);
  }

  /** Makes of an upload whose bytes are all here what it is for; a second time gives the first one's. */
  async function finish(upload: Upload): Promise<Outcome> {
    const done = outcomeOf(upload);
    if (done) {
      await empty(upload);
      return done;
    }
    const wished = read(upload);
    try {
      const outcome = { header: headers[wished.use], id: await take(rooms, caller(), wished, () => datastore.read(upload.id)) };
      // Names and paths may say who a patient is, as the bytes did.
      const { owner = null, ...said } = upload.metadata ?? {};
      upload.metadata = { ...('deidentify' in wished && wished.deidentify ? { dataset: wished.dataset } : said), owner, [outcome.header]: outcome.id };
      await configs.set(upload.id, upload);
      await empty(upload);
      return outcome;
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
    exposedHeaders: Object.values(headers).map((header) => header.toLowerCase()),
    async onUploadCreate(_request, upload) {
      await authorize(rooms, caller(), read(upload), upload.size);
      const own = Object.fromEntries(Object.values(headers).map((header) => [header, null]));
      return { metadata: { ...upload.metadata, ...own, owner: ownerOf(caller()) } };
    },
    async onIncomingRequest(request, id) {
      if (id === '' || request.method === 'OPTIONS' || request.method === 'POST') return;
      const upload = await datastore.getUpload(id);
      if (upload.metadata?.['owner'] !== ownerOf(caller())) throw new Fault('not_found', 'There is no such upload.');
      // All bytes came, and the process ended before it had made the item.
      if (request.method === 'HEAD' && upload.size !== undefined && upload.offset === upload.size) await finish(upload);
    },
    async onUploadFinish(_request, upload) {
      const { header, id } = await finish(upload);
      return { headers: { [header]: id } };
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

/** Refuses what could not be finished before its bytes are sent. */
async function authorize({ items: files, imports: labels }: ResumableDeps['rooms'], caller: Caller, { dataset, ...wished }: Wishes, size: number | undefined): Promise<void> {
  if (wished.use === 'import') return labels.authorize(caller, dataset, wished);
  await files.authorizeUpload(caller, dataset);
  if (wished.use === 'item' && wished.deidentify && (size ?? 0) > maxCleanBytes) throw tooLargeToClean();
}

/** Hands the bytes to the room that they are for; gives the id of what came of it. */
async function take({ items: files, deidentification, bring, imports: labels }: ResumableDeps['rooms'], caller: Caller, wished: Wishes, open: () => Readable): Promise<string> {
  if (wished.use === 'import') {
    const { use: _use, dataset, filename, ...query } = wished;
    await labels.authorize(caller, dataset, query);
    return (await labels.create(caller, dataset, { ...query, name: query.name ?? filename }, open())).id;
  }
  if (wished.use === 'archive') {
    const { use: _use, dataset, ...query } = wished;
    return (await bring.archive(caller, dataset, query, open())).id;
  }
  const { use: _use, dataset, path, filename, name, ifExists: rule, deidentify, sha256, ...facets } = wished;
  const access = await files.authorizeUpload(caller, dataset);
  const upload = { ...facets, rule, path: path ?? filename ?? name ?? '' };
  if (!deidentify) return (await files.upload(caller, access, { ...upload, sha256 }, open())).item.id;
  const clean = await deidentification.cleanStream(caller, access, { path: upload.path, source: open(), sha256 }, deidentify);
  return (await files.upload(caller, access, { ...upload, path: clean.path, deidentification: clean.report }, Readable.from([clean.bytes]))).item.id;
}

/** What an upload became, where it is finished. */
function outcomeOf({ metadata }: Upload): Outcome | undefined {
  for (const header of Object.values(headers)) {
    const id = metadata?.[header];
    if (typeof id === 'string') return { header, id };
  }
  return undefined;
}

function read(upload: Upload): Wishes {
  const given = Object.fromEntries(Object.entries(upload.metadata ?? {}).filter(([key, value]) => value !== null && knownFields.has(key)));
  const { use = 'item' } = given;
  if (!uses.some((one) => one === use)) throw refused([{ path: 'Upload-Metadata.use', message: `must be one of ${uses.join(', ')}` }]);
  const parsed = wishes.safeParse({ ...given, use });
  if (!parsed.success) throw refused(parsed.error.issues.map((issue) => ({ path: `Upload-Metadata.${issue.path.join('.')}`, message: issue.message })));
  // Never passed over in silence: who asks for it must not find the patient's name in the store.
  if (parsed.data.use === 'import' && 'deidentify' in given) throw refused([{ path: 'Upload-Metadata.deidentify', message: 'is for items and archives; labels are imported as they are' }]);
  if (parsed.data.use !== 'item') return parsed.data;
  const { path, filename, name } = parsed.data;
  if ((path ?? filename ?? name) === undefined) throw new Fault('invalid_request', 'Upload-Metadata needs a path, or a filename.');
  return parsed.data;
}

function refused(errors: { path: string; message: string }[]): Fault {
  return new Fault('invalid_request', `${errors[0]?.path} ${errors[0]?.message}.`, { errors });
}
