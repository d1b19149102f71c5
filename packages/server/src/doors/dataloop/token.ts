import { errors, jwtVerify, SignJWT } from 'jose';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { KeysService } from '../../identity/keys/service.ts';
import { signDataloopToken } from '../credentials.ts';

const audience = 'dataloop';
const refreshAudience = 'dataloop-refresh';

/** How long what a log-in gives is good for. */
export const lifetimes = { idHours: 24, refreshDays: 30 };

/** Who sends a token: one that we signed, of a key that still opens something, or the text of such a key. */
export async function callerOf(keys: KeysService, secret: string, token: string | undefined): Promise<Caller> {
  if (token === undefined) throw new Fault('unauthenticated', 'Send a token as "Authorization: Bearer TOKEN"; log in to get one.');
  const caller = /^(live|test)_/.test(token) ? await keys.authenticate(token) : await keys.authenticateById(await keyIn(token, secret, audience));
  if (!caller) throw new Fault('unauthenticated', 'The key behind this token is unknown, revoked or expired; log in again.');
  return caller;
}

/** The tokens of a log-in: `id_token` and `access_token` for a day, `refresh_token` for as long as the key lives. */
export async function issueTokens(key: { keyId: string; email: string }, secret: string): Promise<{ id_token: string; access_token: string; refresh_token: string }> {
  const now = Math.floor(Date.now() / 1_000);
  const token = await signDataloopToken({ ...key, expiresAt: now + lifetimes.idHours * 3_600 }, secret);
  const refresh = await new SignJWT({ email: key.email })
    .setProtectedHeader({ alg: 'HS256' })
    .setJti(key.keyId)
    .setSubject(key.email)
    .setIssuer('fovea')
    .setAudience(refreshAudience)
    .setIssuedAt(now)
    .setExpirationTime(now + lifetimes.refreshDays * 86_400)
    .sign(new TextEncoder().encode(secret));
  return { id_token: token, access_token: token, refresh_token: refresh };
}

/** The key that a refresh token stands for. */
export const keyOfRefreshToken = (token: string, secret: string): Promise<string> => keyIn(token, secret, refreshAudience);

async function keyIn(token: string, secret: string, wanted: string): Promise<string> {
  try {
    const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), { algorithms: ['HS256'], issuer: 'fovea', audience: wanted });
    if (payload.jti !== undefined) return payload.jti;
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    if (error instanceof errors.JWTExpired) throw new Fault('unauthenticated', 'The token has expired; log in again.');
  }
  throw new Fault('unauthenticated', 'The token is not one that this server signed.');
}
