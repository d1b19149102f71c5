import type { FastifyRequest } from 'fastify';
import { blobFault } from '../../catalog/items/service.ts';
import type { BlobStore, StoredBlob } from '../../engines/blobs/blobs.ts';
import { readBody, readJson } from '../../http/body.ts';
import { readMultipart, type MultipartFile } from '../../http/multipart.ts';
import { bad } from './errors.ts';
import type { Row } from './query.ts';

export interface UploadedFile {
  /** Base name, never empty. */
  name: string;
  mediaType: string;
  encoding: string;
}

const documentBytes = 8 * 1024 * 1024;

/** A multipart body whose `file` part goes to the blob store; the text parts come after it, so nothing is decided before the end. */
export async function readFileUpload(request: FastifyRequest, blobs: BlobStore, maxBytes: number): Promise<{ file: UploadedFile; blob: StoredBlob; fields: Record<string, string> }> {
  const { file, content, fields } = await readParts(request, (stream) => blobs.put(stream, { maxBytes }).catch(blobFault));
  return { file, blob: content, fields };
}

/** The same for a small document, as bytes. */
export async function readDocumentUpload(request: FastifyRequest): Promise<{ file: UploadedFile; bytes: Buffer; fields: Record<string, string> }> {
  const { file, content, fields } = await readParts(request, async (stream) => {
    const parts: Buffer[] = [];
    let length = 0;
    for await (const part of stream) {
      length += (part as Buffer).length;
      if (length > documentBytes) throw bad(`the document has more than ${documentBytes} bytes`);
      parts.push(part as Buffer);
    }
    return Buffer.concat(parts);
  });
  return { file, bytes: content, fields };
}

async function readParts<T>(request: FastifyRequest, store: (stream: MultipartFile['stream']) => Promise<T>) {
  const fields: Record<string, string> = {};
  const found: { file: UploadedFile; content: T }[] = [];
  await readMultipart(
    request,
    { maxFiles: 10, maxFileBytes: Number.POSITIVE_INFINITY, maxFields: 50, maxFieldBytes: 64 * 1024 },
    {
      async file(part) {
        if (part.field !== 'file' || found.length > 0) return void part.stream.resume();
        const content = await store(part.stream);
        found.push({ file: { name: baseName(part.filename), mediaType: part.mediaType, encoding: part.encoding }, content });
      },
      field(name, value) {
        fields[name] = value;
      },
    },
  );
  const [first] = found;
  if (!first) throw bad("the part 'file' is missing");
  return { ...first, fields };
}

/** The last part of a name as a client sends it, which may carry folders of either kind. */
export function baseName(name: string): string {
  return name.split(/[\\/]/).at(-1)?.replaceAll('\u0000', '') || 'data';
}

/** A form as the Python client sends it with PUT, or the same keys as JSON. */
export async function readForm(request: FastifyRequest): Promise<Row> {
  if (/json/i.test(request.headers['content-type'] ?? '')) return readObject(request);
  return Object.fromEntries(new URLSearchParams((await readBody(request, 64 * 1024)).toString('utf8')));
}

export async function readObject(request: FastifyRequest): Promise<Row> {
  const body = await readJson(request);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw bad('the body must be a JSON object');
  return body as Row;
}
