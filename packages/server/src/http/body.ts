import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { Fault } from '../fault.ts';

/** Bounds on JSON bodies; each is named in the error. */
export const jsonLimits = { maxBytes: 32 * 1024 * 1024, maxDepth: 256 };

/** The raw body of a request. The native door's parsers hand every body on as a stream. */
export function bodyStream(request: FastifyRequest): Readable {
  return request.raw;
}

/** The whole body, at most `maxBytes`; faults `too_large` and `upload_incomplete`. */
export async function readBody(request: FastifyRequest, maxBytes: number): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  const tooLarge = () => new Fault('too_large', `The body has more than ${maxBytes.toLocaleString('en')} bytes.`);
  if (declared > maxBytes) throw tooLarge();
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of bodyStream(request)) {
    const chunk = part as Buffer;
    length += chunk.length;
    if (length > maxBytes) throw tooLarge();
    parts.push(chunk);
  }
  return Buffer.concat(parts, length);
}

/** The body as JSON; undefined when it is empty. */
export async function readJson(request: FastifyRequest, limits: { maxBytes: number; maxDepth: number } = jsonLimits): Promise<unknown> {
  const bytes = await readBody(request, limits.maxBytes);
  if (bytes.length === 0) return undefined;
  return parseJson(bytes, limits.maxDepth);
}

/** Parses JSON, refusing malformed UTF-8 and nesting beyond the bound before anything recursive sees it. */
export function parseJson(bytes: Uint8Array, maxDepth: number = jsonLimits.maxDepth): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Fault('invalid_json', 'The body is not valid UTF-8.');
  }
  if (depthOf(bytes) > maxDepth) throw new Fault('invalid_json', `The JSON is more than ${maxDepth} levels deep.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Fault('invalid_json', `The body is not valid JSON: ${(error as Error).message.slice(0, 200)}`);
  }
  if (text.includes('__proto__') && hasProtoKey(value)) throw new Fault('invalid_request', 'The JSON must not contain the key "__proto__".');
  const half = halfPair.test(text) ? brokenText(value, 'body') : undefined;
  if (half !== undefined) throw new Fault('invalid_request', `${half} has half of a surrogate pair, which is no character.`, { errors: [{ path: half, message: 'has half of a surrogate pair, which is no character' }] });
  return value;
}

/** Half of a pair, or a whole one, escaped: otherwise neither can be in UTF-8. */
const halfPair = /\\u[dD][89a-fA-F]/;

/** The path of the first text that is not well-formed Unicode, or has a key that is not. */
function brokenText(value: unknown, path: string): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : path;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const broken = key.isWellFormed() ? brokenText(inner, `${path}.${key}`) : path;
    if (broken !== undefined) return broken;
  }
  return undefined;
}

function hasProtoKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasProtoKey);
}

function depthOf(bytes: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let inText = false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (inText) {
      if (byte === 0x5c) index += 1;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === 0x7b || byte === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return deepest;
}
