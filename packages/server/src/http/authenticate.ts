import type { FastifyRequest } from 'fastify';
import { timingSafeEqual } from 'node:crypto';
import { Fault } from '../fault.ts';
import type { Caller } from '../identity/caller.ts';
import type { KeysService } from '../identity/keys/service.ts';
import type { SessionsService } from '../identity/sessions/service.ts';

export const sessionCookie = 'fovea_session';

/** How a door finds out who calls: the platform's keys and sessions. */
export interface Authenticator {
  keys: KeysService;
  sessions: SessionsService;
}

/** The caller of a native request: a bearer key, or the console's cookie (with the CSRF header on every change). */
export async function authenticate({ keys, sessions }: Authenticator, request: FastifyRequest): Promise<{ caller: Caller; csrf: string | null }> {
  const key = bearer(request);
  if (key !== undefined) {
    const caller = await keys.authenticate(key);
    if (!caller) throw new Fault('unauthenticated', 'This key is unknown, revoked or expired.');
    return { caller, csrf: null };
  }
  const token = cookie(request, sessionCookie);
  if (token === undefined) throw new Fault('unauthenticated', 'Send a key as "Authorization: Bearer KEY".');
  const session = await sessions.authenticate(token);
  if (!session) throw new Fault('unauthenticated', 'The session has ended; sign in again.');
  if (!['GET', 'HEAD', 'OPTIONS'].includes(request.method)) checkCsrf(request, session.csrf);
  return session;
}

function checkCsrf(request: FastifyRequest, expected: string): void {
  const given = request.headers['x-fovea-csrf'];
  const matches = typeof given === 'string' && given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
  if (!matches) throw new Fault('csrf', 'Changes in a console session carry the header x-fovea-csrf.');
}

/** The key in `Authorization: Bearer KEY`. */
export function bearer(request: FastifyRequest): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

/** The user name of HTTP Basic (RFC 7617), where some clients put their key. */
export function basicUser(request: FastifyRequest): string | undefined {
  const encoded = /^Basic\s+([A-Za-z0-9+/=_-]+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8').split(':')[0];
}

export function cookie(request: FastifyRequest, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, ...value] = part.trim().split('=');
    if (key === name) return value.join('=');
  }
  return undefined;
}
