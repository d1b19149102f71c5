import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { segmentations } from '@fovea/contract';
import { readBody } from '../../http/body.ts';
import { route, type Route } from '../../http/context.ts';
import { sendFile } from '../../http/send-file.ts';
import type { Combined } from './combine.ts';
import type { SegmentationsService } from './service.ts';

export function segmentationRoutes(service: SegmentationsService): Route[] {
  const bodyOf = async (request: FastifyRequest): Promise<Uint8Array> => new Uint8Array(await readBody(request, service.maxBytes));
  return [
    route(segmentations.upload, async ({ caller, params, query, request }) => service.upload(caller, params.item, await bodyOf(request), query)),
    route(segmentations.download, async ({ caller, params, query, ...exchange }) => send(exchange, await service.download(caller, params.item, query), query.format)),
    route(segmentations.frame, ({ caller, params }) => service.frame(caller, params.item, Number(params.frame))),
    route(segmentations.slices, ({ caller, params }) => service.slices(caller, params.annotation)),
    route(segmentations.uploadToSeries, async ({ caller, params, query, request }) => service.uploadToSeries(caller, params.dataset, params.series, await bodyOf(request), query)),
    route(segmentations.downloadOfSeries, async ({ caller, params, query, ...exchange }) =>
      send(exchange, await service.downloadOfSeries(caller, params.dataset, params.series, query), query.format),
    ),
  ];
}

async function send({ request, reply }: { request: FastifyRequest; reply: FastifyReply }, made: { bytes: Uint8Array; combined: Combined }, format: 'nifti' | 'seg'): Promise<void> {
  const { bytes, combined } = made;
  // Headers carry ASCII only: names are escaped as JSON allows.
  const ascii = (value: unknown): string => JSON.stringify(value).replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  void reply.headers({ 'x-fovea-labels': ascii(Object.fromEntries(combined.names)), 'x-fovea-notes': ascii(combined.notes.slice(0, 20)) });
  await sendFile(request, reply, {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    size: bytes.length,
    mediaType: format === 'nifti' ? 'application/nifti' : 'application/dicom',
    filename: format === 'nifti' ? 'segmentation.nii.gz' : 'segmentation.dcm',
    read: async (range) => Readable.from([range ? bytes.subarray(range.start, range.end + 1) : bytes], { objectMode: false }),
  });
}
