import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a signature speaks for: a method, a path as it is after decoding, and until when (milliseconds since 1970). */
export interface SignedRequest {
  method: 'GET' | 'PUT' | 'POST';
  path: string;
  expiresMs: number;
}

/** The query that opens a path for whoever has it, until it expires: `expires=…&signature=…`. */
export function signedQuery(secret: string, request: SignedRequest): string {
  return `expires=${request.expiresMs}&signature=${signatureOf(secret, request)}`;
}

/** True when the query was made by {@link signedQuery} for this path and has not expired. A signature for GET opens HEAD too. */
export function isSigned(secret: string, request: { method: string; path: string; query: unknown; nowMs?: number }): boolean {
  const { expires, signature } = request.query as { expires?: unknown; signature?: unknown };
  if (typeof expires !== 'string' || typeof signature !== 'string' || !/^\d{1,16}$/.test(expires)) return false;
  const expiresMs = Number(expires);
  if (expiresMs <= (request.nowMs ?? Date.now())) return false;
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const expected = Buffer.from(signatureOf(secret, { method: method as 'GET', path: request.path, expiresMs }));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function signatureOf(secret: string, { method, path, expiresMs }: SignedRequest): string {
  return createHmac('sha256', secret).update(JSON.stringify(['signed-url', method, path, expiresMs])).digest('base64url');
}

/** Both with the secret held, for rooms that sign addresses of their own. */
export function urlSigner(secret: string) {
  return {
    sign: (request: SignedRequest): string => signedQuery(secret, request),
    isSigned: (request: { method: string; path: string; query: unknown }): boolean => isSigned(secret, request),
  };
}
