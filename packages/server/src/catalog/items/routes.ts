import { Readable } from 'node:stream';
import { items } from '@fovea/contract';
import { Fault } from '../../fault.ts';
import { bodyStream } from '../../http/body.ts';
import { route, type Route } from '../../http/context.ts';
import { readMultipart } from '../../http/multipart.ts';
import { sendFile } from '../../http/send-file.ts';
import type { DeidentificationService } from '../deidentification/service.ts';
import { cleanBundle } from '../deidentification/bundle.ts';
import type { ItemQueries } from './bulk.ts';
import type { BundleFile, ItemsService } from './service.ts';

const bundleLimits = { maxFiles: 1_000, maxFileBytes: 8 * 1024 * 1024, maxFields: 10, maxFieldBytes: 65_536 };
/** A reader of a stream that takes nothing for so long is let go. */
const stalledAfterMs = 60_000;
const maxBundleBytes = 128 * 1024 * 1024;

export function itemRoutes(service: ItemsService, queries: ItemQueries, deidentification: DeidentificationService): Route[] {
  return [
    route(items.upload, async ({ caller, params, query, request, reply }) => {
      const dataset = await service.authorizeUpload(caller, params.dataset);
      const { ifExists, deidentify, sha256, ...facets } = query;
      const upload = { ...facets, rule: ifExists };
      const clean = deidentify && (await deidentification.cleanStream(caller, dataset, { path: query.path, source: bodyStream(request), sha256 }, deidentify));
      const result = clean
        ? await service.upload(caller, dataset, { ...upload, path: clean.path, deidentification: clean.report }, Readable.from([clean.bytes]))
        : await service.upload(caller, dataset, { ...upload, sha256 }, bodyStream(request));
      if (result.outcome !== 'created') void reply.code(200);
      return result;
    }),
    route(items.uploadMany, async ({ caller, params, query, request }) => {
      const dataset = await service.authorizeUpload(caller, params.dataset);
      const files: BundleFile[] = [];
      let total = 0;
      await readMultipart(request, bundleLimits, {
        async file({ filename, stream }) {
          const bytes = Buffer.concat(await Readable.from(stream).toArray());
          total += bytes.length;
          if (stream.truncated) throw new Fault('too_large', `"${filename.slice(0, 200)}" has more than 8 MiB; upload it by itself.`);
          if (total > maxBundleBytes) throw new Fault('too_large', 'One bundle takes at most 128 MiB.');
          files.push({ path: filename.startsWith('/') ? filename : `/${filename}`, bytes });
        },
      });
      const { ifExists, deidentify, ...facets } = query;
      const given = deidentify ? await cleanBundle(deidentification, caller, dataset, files, deidentify) : files;
      return service.uploadMany(caller, dataset, given, { ...facets, rule: ifExists });
    }),
    route(items.list, ({ caller, params, query }) => service.list(caller, params.dataset, query)),
    route(items.query, ({ caller, params, body }) => queries.query(caller, params.dataset, body)),
    route(items.stream, async ({ caller, params, body, reply }) => {
      const lines = await queries.stream(caller, params.dataset, body);
      reply.raw.setTimeout(stalledAfterMs, () => reply.raw.destroy());
      void reply.header('content-type', 'application/x-ndjson').header('x-content-type-options', 'nosniff').send(Readable.from(lines));
    }),
    route(items.count, ({ caller, params, body }) => queries.count(caller, params.dataset, body.filter)),
    route(items.updateMany, ({ caller, params, body, keep }) => queries.updateMany(caller, params.dataset, body, keep)),
    route(items.deleteMany, ({ caller, params, body, keep }) => queries.deleteMany(caller, params.dataset, body, keep)),
    route(items.landmarks, ({ caller, params, body }) => queries.landmarks(caller, params.dataset, body)),
    route(items.fields, ({ caller, params }) => queries.fields(caller, params.dataset)),
    route(items.values, ({ caller, params, query }) => queries.values(caller, params.dataset, query)),
    route(items.folders, ({ caller, params, query }) => queries.folders(caller, params.dataset, query)),
    route(items.moveFolder, ({ caller, params, body, keep }) => queries.moveFolder(caller, params.dataset, body, keep)),
    route(items.get, ({ caller, params }) => service.get(caller, params.item)),
    route(items.update, ({ caller, params, body, ifMatch }) => service.update(caller, params.item, body, ifMatch)),
    route(items.delete, ({ caller, params }) => service.delete(caller, params.item)),
    route(items.restore, ({ caller, params }) => service.restore(caller, params.item)),
    route(items.download, async ({ caller, params, request, reply }) => {
      const { item, read } = await service.open(caller, params.item);
      await sendFile(request, reply, { sha256: item.sha256, size: item.sizeBytes, mediaType: item.mediaType, filename: item.name, read });
    }),
    route(items.frameIndex, ({ caller, params }) => service.frameIndex(caller, params.item)),
    route(items.thumbnail, async ({ caller, params, request, reply }) => {
      const { sha256, size, read } = await service.openThumbnail(caller, params.item);
      await sendFile(request, reply, { sha256, size, mediaType: 'image/webp', filename: 'thumbnail.webp', read });
    }),
  ];
}
