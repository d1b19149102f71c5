import { email as emailSchema, scopes } from '@fovea/contract';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { bodyOf, parse, sendJson } from './call.ts';
import { gate, type DataloopDeps } from './context.ts';
import { loginPage } from './login-page.ts';
import { issueTokens, keyOfRefreshToken, lifetimes } from './token.ts';

const tokenBody = z.union([
  z.object({ type: z.literal('user_credentials'), username: z.string().max(254), password: z.string().max(500) }),
  z.object({ type: z.literal('refresh_token'), refresh_token: z.string().max(4_000) }),
]);
const loginForm = z.object({ email: z.string().max(254), password: z.string().max(500), callback: z.string().max(2_000) });

/** Log-in, which lies below the gate and needs no token: machine accounts, refresh, and the page of the browser flow. */
export function loginRoutes(deps: DataloopDeps, door: FastifyInstance): void {
  const { secret } = deps.settings;
  door.post('/token', async (request, reply) => {
    const body = parse(tokenBody, await bodyOf(request));
    sendJson(reply, body.type === 'refresh_token' ? await refresh(deps, body.refresh_token) : await issueTokens(await logIn(deps, body.username, body.password), secret));
    return reply;
  });
  door.get('/login', async (request, reply) => {
    const callback = localCallback((request.query as Record<string, unknown>)['callback']);
    return sendPage(reply, loginPage({ action: `${gate}/login`, callback, problem: undefined }), callback);
  });
  door.post('/login', async (request, reply) => {
    const form = parse(loginForm, await bodyOf(request));
    const callback = localCallback(form.callback);
    try {
      const tokens = await issueTokens(await logIn(deps, form.email, form.password), secret);
      const target = new URL(callback);
      for (const [name, token] of Object.entries(tokens)) target.searchParams.set(name, token);
      return await reply.code(303).header('cache-control', 'no-store').header('location', target.href).send();
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'unauthenticated') throw error;
      return sendPage(reply.code(401), loginPage({ action: `${gate}/login`, callback, problem: error.message }), callback);
    }
  });
}

/** The key that a log-in stands for: the one that was given in place of a password, or a new one that lives as long as the log-in can be refreshed. */
async function logIn({ rooms }: DataloopDeps, username: string, password: string): Promise<{ keyId: string; email: string }> {
  const email = emailSchema.safeParse(username).data;
  const wrong = () => new Fault('unauthenticated', 'E-mail or password is wrong.');
  if (email === undefined) throw wrong();
  const holder = await rooms.keys.authenticate(password);
  if (holder) {
    if (holder.email !== email || holder.keyId === null) throw wrong();
    return { keyId: holder.keyId, email };
  }
  const { token } = await rooms.sessions.login({ email, password });
  const session = await rooms.sessions.authenticate(token);
  await rooms.sessions.logout(token);
  if (!session) throw wrong();
  return { keyId: await keyFor(rooms, session.caller), email };
}

async function keyFor(rooms: DataloopDeps['rooms'], caller: Caller): Promise<string> {
  const expiresAt = new Date(Date.now() + lifetimes.refreshDays * 86_400_000).toISOString();
  const { id } = await rooms.keys.create(caller, { name: 'Dataloop log-in', scopes: [...scopes], expiresAt, test: caller.test });
  return id;
}

async function refresh({ rooms, settings }: DataloopDeps, token: string) {
  const keyId = await keyOfRefreshToken(token, settings.secret);
  const caller = await rooms.keys.authenticateById(keyId);
  if (!caller) throw new Fault('unauthenticated', 'The log-in behind this token has ended; log in again.');
  return issueTokens({ keyId, email: caller.email }, settings.secret);
}

/** Where the browser is sent with the tokens: to a program on the person's own machine and nowhere else. */
function localCallback(given: unknown): string {
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined;
  const local = url && url.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (!url || !local) throw new Fault('invalid_request', 'The callback must be an http address of this machine, e.g. http://localhost:3001.');
  return url.href;
}

function sendPage(reply: FastifyReply, page: string, callback: string): FastifyReply {
  void reply.headers({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-frame-options': 'DENY',
    'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; form-action 'self' ${new URL(callback).origin}; frame-ancestors 'none'; base-uri 'none'`,
  });
  return reply.send(page);
}
