import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { Fault } from '../../fault.ts';

export interface Part {
  mediaType: string;
  bytes: Uint8Array;
  /** Of the part itself. */
  location?: string | undefined;
}

/** One part is held in memory at a time. */
const maxPartBytes = 1024 ** 3;
const maxHeadBytes = 64 * 1024;

/** The parts of a multipart/related body (RFC 2387), one after the other. */
export async function* readParts(contentType: string, source: AsyncIterable<Uint8Array>): AsyncGenerator<Part> {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (!/^multipart\/related\b/i.test(contentType) || boundary === undefined) throw new Fault('unsupported_media', 'The body must be multipart/related; type="application/dicom", with a boundary.');
  const mark = Buffer.from(`\r\n--${boundary}`);
  // A line break before the first boundary, so that all look alike.
  let rest: Buffer = Buffer.from('\r\n');
  let isFirst = true;
  let searched = 0;
  for await (const chunk of source) {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const at = rest.indexOf(mark, searched);
      if (at === -1) break;
      if (rest.length < at + mark.length + 2) break;
      if (!isFirst) yield partOf(rest.subarray(0, at));
      isFirst = false;
      const isEnd = rest.toString('latin1', at + mark.length, at + mark.length + 2) === '--';
      if (isEnd) return;
      rest = rest.subarray(at + mark.length);
      searched = 0;
    }
    searched = Math.max(0, rest.length - mark.length - 2);
    if (rest.length > maxPartBytes) throw new Fault('too_large', `A part has more than ${maxPartBytes.toLocaleString('en')} bytes.`);
  }
  throw new Fault('upload_incomplete', 'The body ends before its last boundary.');
}

function partOf(bytes: Buffer): Part {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1 || end > maxHeadBytes) throw new Fault('invalid_request', 'A part of the body has no headers.');
  const head = bytes.toString('latin1', 0, end);
  const mediaType = /^content-type:\s*([^\r\n]+)/im.exec(head)?.[1]?.trim() ?? 'application/dicom';
  return { mediaType, bytes: new Uint8Array(bytes.subarray(end + 4)) };
}

/** Answers parts as they are made, as multipart/related of a type. */
export async function sendParts(reply: FastifyReply, type: string, parts: AsyncIterable<Part>): Promise<void> {
  const boundary = randomUUID();
  // The first part is made before the answer begins, so that what cannot be made is still an error.
  const iterator = parts[Symbol.asyncIterator]();
  const first = await iterator.next();
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let next = first; !next.done; next = await iterator.next()) {
      const { mediaType, bytes, location } = next.value;
      const place = location === undefined ? '' : `Content-Location: ${location}\r\n`;
      yield Buffer.from(`--${boundary}\r\nContent-Type: ${mediaType}\r\nContent-Length: ${bytes.length}\r\n${place}\r\n`);
      if (bytes.length > 0) yield bytes;
      yield Buffer.from('\r\n');
    }
    yield Buffer.from(`--${boundary}--\r\n`);
  }
  await reply.header('content-type', `multipart/related; type="${type}"; boundary=${boundary}`).send(Readable.from(body(), { objectMode: false }));
}
