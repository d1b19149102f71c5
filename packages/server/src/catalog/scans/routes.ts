import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { scans, series } from '@fovea/contract';
import { route, type Route } from '../../http/context.ts';
import { sendFile } from '../../http/send-file.ts';
import type { StoredArray } from './arrays.ts';
import type { Rendered, ScansService } from './service.ts';
import type { PlacedVolume } from './volume-cache.ts';

interface Exchange {
  request: FastifyRequest;
  reply: FastifyReply;
}

export function scanRoutes(service: ScansService): Route[] {
  return [
    route(scans.header, ({ caller, params }) => service.header(caller, params.item)),
    route(scans.frame, async ({ caller, params, query, ...exchange }) => sendPicture(exchange, await service.frame(caller, params.item, Number(params.frame), query))),
    route(scans.pixels, async ({ caller, params, query, ...exchange }) => sendArray(exchange, await service.pixels(caller, params.item, Number(params.frame), query.time))),
    route(scans.slice, async ({ caller, params, query, ...exchange }) => sendPicture(exchange, await service.slice(caller, params.item, params.axis, params.index, query))),
    route(scans.volume, async ({ caller, params, query, ...exchange }) => sendVolume(service, exchange, await service.volume(caller, params.item, query.time), query.format)),
    route(series.list, ({ caller, params, query }) => service.listSeries(caller, params.dataset, query)),
    route(series.get, ({ caller, params }) => service.getSeries(caller, params.dataset, params.series)),
    route(series.slice, async ({ caller, params, query, ...exchange }) =>
      sendPicture(exchange, await service.seriesSlice(caller, params.dataset, params.series, params, query)),
    ),
    route(series.volume, async ({ caller, params, query, ...exchange }) =>
      sendVolume(service, exchange, await service.seriesVolume(caller, params.dataset, params.series, query.allowGaps), query.format),
    ),
  ];
}

function sendPicture(exchange: Exchange, { bytes, mediaType }: Rendered): Promise<void> {
  return sendBytes(exchange, { bytes, mediaType, filename: `slice.${mediaType === 'image/png' ? 'png' : 'jpg'}` });
}

function sendArray(exchange: Exchange, { facts, bytes }: StoredArray): Promise<void> {
  void exchange.reply.header('x-fovea-array', JSON.stringify(facts));
  return sendBytes(exchange, { bytes, mediaType: 'application/octet-stream', filename: 'array.bin' });
}

async function sendVolume(service: ScansService, exchange: Exchange, volume: PlacedVolume, format: 'raw' | 'nifti'): Promise<void> {
  if (format === 'raw') return sendArray(exchange, service.array(volume));
  return sendBytes(exchange, { bytes: await service.nifti(volume), mediaType: 'application/nifti', filename: 'volume.nii.gz' });
}

/** Bytes that were made for this request, under the digest of what they are. */
function sendBytes({ request, reply }: Exchange, file: { bytes: Uint8Array; mediaType: string; filename: string }): Promise<void> {
  const { bytes, mediaType, filename } = file;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const read = async (range?: { start: number; end: number }) => Readable.from([range ? bytes.subarray(range.start, range.end + 1) : bytes], { objectMode: false });
  return sendFile(request, reply, { sha256, size: bytes.length, mediaType, filename, read });
}
