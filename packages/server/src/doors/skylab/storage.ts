import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isId } from '@fovea/contract';
import { Fault, notFound } from '../../fault.ts';
import { bodyStream } from '../../http/body.ts';
import { sendFile } from '../../http/send-file.ts';
import { isSigned } from '../../http/signed-url.ts';
import { systemCaller, type Caller } from '../../identity/caller.ts';
import type { SkylabDeps } from './context.ts';

/** The most bytes of a photo: 27 MiB. */
export const maxPhotoBytes = 27 * 1024 * 1024;

interface Place {
  org: string;
  id: string;
  last?: string;
}

/** Bytes in and out by signed addresses: no key, no cookie, no redirect. */
export function storageRoutes(deps: SkylabDeps, door: FastifyInstance): void {
  const { items, jobs } = deps.rooms;

  /** The signer vouched for the address; who holds it acts for the platform, on this one thing. */
  function opened(request: FastifyRequest): { caller: Caller; place: Place } {
    const path = decodeURIComponent(request.url.split('?')[0] ?? '');
    if (!isSigned(deps.settings.secret, { method: request.method, path, query: request.query })) throw new Fault('forbidden', 'The address is not signed, or has expired.');
    const place = request.params as Place;
    if (!isId(place.org) || !isId(place.id)) throw notFound('object', place.id);
    return { caller: systemCaller(place.org), place };
  }

  door.put('/uploads/:org/:id/:last', async (request, reply) => {
    const { caller, place } = opened(request);
    const item = await items.get(caller, place.id);
    const md5 = checkedMd5(request, place.last ?? 'any');
    const dataset = await items.authorizeUpload(caller, item.datasetId);
    if (Number(request.headers['content-length'] ?? 0) > maxPhotoBytes) throw tooLarge();
    await items.upload(caller, dataset, { path: item.path, rule: 'replace', maxBytes: maxPhotoBytes, ...(md5 === undefined ? {} : { md5 }) }, bodyStream(request));
    await reply.send(JSON.stringify({ success: true }));
  });

  door.get('/originals/:org/:id', async (request, reply) => {
    const { caller, place } = opened(request);
    const { item, read } = await items.open(caller, place.id);
    if (item.sizeBytes === 0) throw notFound('object', place.id);
    await sendFile(request, reply, { sha256: item.sha256, size: item.sizeBytes, mediaType: item.mediaType, filename: item.name, read });
  });

  door.get('/outputs/:org/:id/:last', async (request, reply) => {
    const { caller, place } = opened(request);
    const { output, read } = await jobs.openOutput(caller, place.id, Number(place.last));
    await sendFile(request, reply, { sha256: output.sha256, size: output.sizeBytes, mediaType: output.mediaType, filename: output.name, read });
  });
}

function tooLarge(): Fault {
  return new Fault('too_large', `A photo has at most ${maxPhotoBytes.toLocaleString('en')} bytes (27 MiB).`);
}

/** The digest that the bytes must have, hexadecimal: that of the address, which the header must repeat, else that of the header. */
function checkedMd5(request: FastifyRequest, wanted: string): string | undefined {
  const header = request.headers['content-md5'];
  const given = typeof header === 'string' ? Buffer.from(header, 'base64').toString('hex') : undefined;
  if (wanted === 'any') return given;
  if (given !== wanted) throw new Fault('invalid_request', 'Content-MD5 must be the digest that the address was asked for.');
  return wanted;
}
