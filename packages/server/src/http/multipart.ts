import { finished } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import busboy from 'busboy';
import type { FastifyRequest } from 'fastify';
import { Fault } from '../fault.ts';
import { bodyStream } from './body.ts';

export interface MultipartFile {
  field: string;
  /** As sent, not cleaned: a name is data, never a path on our disk. */
  filename: string;
  mediaType: string;
  encoding: string;
  /** Must be read to its end before the next part comes. `truncated` is true afterwards when the part was longer than allowed. */
  stream: Readable & { truncated?: boolean };
}

export interface MultipartLimits {
  maxFiles: number;
  maxFileBytes: number;
  maxFields: number;
  maxFieldBytes: number;
}

/**
 * Reads a multipart body (RFC 7578) part by part, in order; the handlers are awaited, so that memory stays constant. File names are
 * UTF-8; `%22`, `%0D` and `%0A` in them are undone, as HTML has browsers write them.
 */
export async function readMultipart(
  request: FastifyRequest,
  limits: MultipartLimits,
  on: { file(file: MultipartFile): Promise<void>; field?(name: string, value: string, mediaType: string): void },
): Promise<void> {
  const type = request.headers['content-type'] ?? '';
  if (!/^multipart\/form-data/i.test(type)) throw new Fault('unsupported_media', `The body must be multipart/form-data, is "${type || 'without a type'}".`);
  let parser: busboy.Busboy;
  try {
    parser = busboy({
      headers: request.headers,
      defParamCharset: 'utf8',
      preservePath: true,
      limits: { files: limits.maxFiles, fileSize: limits.maxFileBytes, fields: limits.maxFields, fieldSize: limits.maxFieldBytes, headerPairs: 100 },
    });
  } catch (error) {
    throw new Fault('invalid_request', `The multipart body cannot be read: ${(error as Error).message}`);
  }
  // Files are handled one after the other: busboy holds the stream back until the part before has been read.
  let chain: Promise<void> = Promise.resolve();
  let failed: unknown;
  const fail = (error: unknown) => {
    failed ??= error;
    request.raw.unpipe(parser);
    parser.destroy();
  };
  parser.on('file', (field, stream, info) => {
    const filename = decodeName(info.filename ?? '');
    stream.on('error', () => undefined);
    chain = chain.then(async () => {
      if (failed !== undefined) return void stream.resume();
      await on.file({ field, filename, mediaType: info.mimeType, encoding: info.encoding, stream });
    });
    chain.catch(fail);
  });
  parser.on('field', (name, value, info) => {
    if (info.valueTruncated) fail(new Fault('too_large', `The field "${name}" has more than ${limits.maxFieldBytes.toLocaleString('en')} bytes.`));
    else on.field?.(name, value, info.mimeType);
  });
  parser.on('filesLimit', () => fail(new Fault('too_large', `One request takes at most ${limits.maxFiles.toLocaleString('en')} files.`)));
  parser.on('fieldsLimit', () => fail(new Fault('too_large', `One request takes at most ${limits.maxFields.toLocaleString('en')} fields.`)));
  const source = bodyStream(request);
  const broke = () => fail(new Fault('upload_incomplete', 'The connection broke off before all bytes arrived.'));
  source.once('aborted', broke);
  source.once('error', broke);
  source.pipe(parser);
  try {
    await finished(parser);
    await chain;
  } catch (error) {
    // Drained, so that the caller can read the answer instead of a reset.
    request.raw.resume();
    if (failed !== undefined) throw failed;
    throw new Fault('upload_incomplete', `The multipart body is broken: ${(error as Error).message}.`);
  }
  if (failed !== undefined) throw failed;
}

function decodeName(name: string): string {
  return name.replace(/%22|%0D|%0A/gi, (code) => decodeURIComponent(code));
}
