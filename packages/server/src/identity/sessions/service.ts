import { createHash, randomBytes } from 'node:crypto';
import { scopes as allScopes, type Me, type Parsed, type session } from '@fovea/contract';
import type { Clock } from '../../engines/clock.ts';
import type { Database } from '../../engines/database/database.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import type { Caller } from '../caller.ts';
import type { KeysService } from '../keys/service.ts';
import { passwordMatches } from '../users/password.ts';
import { selectOrganization, selectUser, selectUsersByEmail, withoutSecrets } from '../users/store.ts';
import { deleteSession, insertSession, selectSession } from './store.ts';

export const sessionHours = 12;
export type SessionsService = ReturnType<typeof sessionsService>;

const hash = (token: string) => createHash('sha256').update(token).digest();

/** Console sessions: a random token in a cookie, and a second one that every change must repeat in a header (CSRF). */
export function sessionsService({ db, clock, keys }: { db: Database; clock: Clock; keys: KeysService }) {
  async function describe(caller: Caller, csrf: string | null): Promise<Me> {
    const user = await selectUser(db, caller.userId);
    const organization = await selectOrganization(db, caller.orgId);
    if (!user || !organization) throw notFound('user', caller.userId);
    return {
      user: withoutSecrets(user),
      organization,
      scopes: [...caller.scopes],
      keyId: caller.keyId,
      projectId: caller.onlyProjectId,
      test: caller.test,
      csrf,
    };
  }

  async function byPassword(email: string, password: string): Promise<Caller | undefined> {
    // Somebody of several organisations has a password in each, which says where they go; the oldest account when it is the same one.
    const people = (await selectUsersByEmail(db, email)).filter((user) => user.passwordHash !== null && !user.disabled);
    const hashes = people.length === 0 ? [null] : people.map((user) => user.passwordHash);
    const matches = await Promise.all(hashes.map((hash) => passwordMatches(password, hash)));
    const user = people.find((_user, index) => matches[index]);
    if (!user) return undefined;
    const { orgId, id: userId, admin } = user;
    return { orgId, userId, email, admin, scopes: new Set(allScopes), onlyProjectId: null, test: false, keyId: null };
  }

  return {
    describe,

    /** Opens a session; the token goes into the cookie. A session from a key can do what the key can, as long as the key works. */
    async login(body: Parsed<typeof session.login>['body']): Promise<{ token: string; me: Me }> {
      const caller = 'key' in body ? await keys.authenticate(body.key) : await byPassword(body.email, body.password);
      if (!caller) throw new Fault('unauthenticated', 'key' in body ? 'This key is not valid.' : 'E-mail or password is wrong.');
      const token = randomBytes(32).toString('base64url');
      const csrf = randomBytes(18).toString('base64url');
      const expiresAt = new Date(clock.now() + sessionHours * 3_600_000);
      await db.tx(async (tx) => {
        await insertSession(tx, { hash: hash(token), orgId: caller.orgId, userId: caller.userId, keyId: caller.keyId, csrf, scopes: [...caller.scopes], expiresAt });
        await emit(tx, { type: 'session.opened', orgId: caller.orgId, projectId: null, subject: { kind: 'session', id: caller.userId }, actor: caller.email, data: { with: 'key' in body ? 'key' : 'password' } });
      });
      return { token, me: await describe({ ...caller, keyId: null }, csrf) };
    },

    async authenticate(token: string): Promise<{ caller: Caller; csrf: string } | undefined> {
      const holder = await selectSession(db, hash(token));
      if (!holder || holder.disabled || holder.keyDead || holder.expiresAt.getTime() <= clock.now()) return undefined;
      const { orgId, userId, email, admin, csrf } = holder;
      return {
        csrf,
        caller: { orgId, userId, email, admin, scopes: new Set(holder.scopes), onlyProjectId: holder.projectId, test: holder.test, keyId: null },
      };
    },

    async logout(token: string): Promise<void> {
      await deleteSession(db, hash(token));
    },
  };
}
