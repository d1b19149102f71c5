import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ByteRange } from '../engines/blobs/blobs.ts';
import { Fault } from '../fault.ts';

export interface ServedFile {
  sha256: string;
  size: number;
  mediaType: string;
  /** Name that a browser saves it under. */
  filename: string;
  read(range?: ByteRange): Promise<Readable>;
  /** Shown in a page (`<img>`, `<video>`) rather than saved; allowed for raster images and video only. */
  inline?: boolean;
}

const inlineTypes = /^(image\/(jpeg|png|webp|gif|avif|bmp)|video\/(mp4|webm|quicktime|ogg)|audio\/)/;

/**
 * Answers uploaded bytes: with ranges (RFC 9110, section 14) and conditional requests, as an attachment of a sandboxed answer, so that
 * nothing that somebody uploaded ever runs in the platform's origin.
 */
export async function sendFile(request: FastifyRequest, reply: FastifyReply, file: ServedFile): Promise<void> {
  const etag = `"${file.sha256}"`;
  const inline = file.inline !== false && inlineTypes.test(file.mediaType);
  void reply.headers({
    'content-type': file.mediaType,
    'content-disposition': `${inline ? 'inline' : 'attachment'}; ${filenameParameter(file.filename)}`,
    'content-security-policy': "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'none'",
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'cross-origin',
    'accept-ranges': 'bytes',
    'cache-control': 'private, max-age=0, must-revalidate',
    etag,
  });
  if (request.headers['if-none-match']?.split(/\s*,\s*/).includes(etag)) return void (await reply.code(304).send());
  const ifRange = request.headers['if-range'];
  // An empty file is whole whatever part of it is asked for: some clients ask for `bytes=0-` always.
  const asked = file.size > 0 && (ifRange === undefined || ifRange === etag);
  const range = asked ? parseRange(request.headers.range, file.size) : undefined;
  if (range === 'unsatisfiable') {
    void reply.header('content-range', `bytes */${file.size}`);
    throw new Fault('range_not_satisfiable', `The file has ${file.size.toLocaleString('en')} bytes.`);
  }
  const length = range ? range.end - range.start + 1 : file.size;
  void reply.header('content-length', length);
  if (range) void reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${file.size}`);
  if (length === 0) return void (await reply.send(Buffer.alloc(0)));
  // As a stream without bytes: for nothing, the framework would write the length of nothing.
  if (request.method === 'HEAD') return void (await reply.send(Readable.from([])));
  await reply.send(await file.read(range));
}

/** One range of a Range header; undefined when there is none or more than one (then the whole file is sent). */
export function parseRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  // An end before the start makes the whole header invalid, to be ignored; a start past the end cannot be satisfied.
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end };
}

/** `filename` for old readers, `filename*` in UTF-8 (RFC 6266). */
function filenameParameter(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  return `filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)}`;
}
