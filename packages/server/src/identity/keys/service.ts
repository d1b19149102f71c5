import { createHash, randomBytes } from 'node:crypto';
import { newId, type ApiKey, type Door, type keys, type Parsed, type Scope } from '@fovea/contract';
import type { Clock } from '../../engines/clock.ts';
import type { Database, Tx, WhenMade } from '../../engines/database/database.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import { authorize } from '../access.ts';
import { needScope, type Caller } from '../caller.ts';
import { insertKey, revokeKey, selectHolder, selectKey, selectKeys, touchKey, type KeyHolder } from './store.ts';

/** What a vendor's client is given for a key, e.g. the JSON of a token file. Made by the doors. */
export type DoorCredentials = (door: Door, key: { id: string; text: string; email: string; expiresAt: string | null; orgId: string; test: boolean }) => Promise<Record<string, unknown>>;

/** A key with its text, which is told once. */
export interface MadeKey {
  id: string;
  key: string;
  record: ApiKey;
  door?: Record<string, unknown>;
}

export type KeysService = ReturnType<typeof keysService>;

const touchAfterMs = 60_000;

/** 256 random bits behind a mark of its mode; only the SHA-256 is kept (enough for a key of full entropy). */
export function makeKeyText(test: boolean): string {
  return `${test ? 'test' : 'live'}_${randomBytes(32).toString('base64url')}`;
}

export function hashKey(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** API keys: made by people, for programs. */
export function keysService({ db, clock, doorCredentials }: { db: Database; clock: Clock; doorCredentials: DoorCredentials }) {
  /** The caller behind a holder, or undefined when the key no longer opens anything. */
  function toCaller(holder: KeyHolder | undefined): Caller | undefined {
    if (!holder || holder.revokedAt || holder.disabled) return undefined;
    if (holder.expiresAt && holder.expiresAt.getTime() <= clock.now()) return undefined;
    return {
      orgId: holder.orgId,
      userId: holder.userId,
      email: holder.email,
      admin: holder.admin,
      scopes: new Set(holder.scopes),
      onlyProjectId: holder.projectId,
      test: holder.test,
      keyId: holder.keyId,
    };
  }

  async function authenticated(holder: KeyHolder | undefined): Promise<Caller | undefined> {
    const caller = toCaller(holder);
    if (caller && holder && clock.now() - (holder.lastUsedAt?.getTime() ?? 0) > touchAfterMs) await touchKey(db, holder.keyId);
    return caller;
  }

  return {
    /** Who holds the key; undefined when it is unknown, revoked, expired, or its user disabled. */
    async authenticate(text: string): Promise<Caller | undefined> {
      return authenticated(await selectHolder(db, { hash: hashKey(text) }));
    },

    /** The same by the id of the key, for credentials that name and sign it (JWT). */
    async authenticateById(id: string): Promise<Caller | undefined> {
      return authenticated(await selectHolder(db, { id }));
    },

    async create(caller: Caller, body: Parsed<typeof keys.create>['body'], whenMade?: WhenMade<MadeKey>): Promise<MadeKey> {
      needScope(caller, 'admin');
      const scopes = body.scopes ?? [...caller.scopes];
      const beyond = scopes.filter((scope) => !caller.scopes.has(scope));
      if (beyond.length > 0) throw new Fault('forbidden', `A key cannot have scopes that its maker lacks: ${beyond.join(', ')}.`);
      if (caller.onlyProjectId !== null && body.project !== caller.onlyProjectId) {
        throw new Fault('forbidden', 'A key that opens one project can make keys for that project only.');
      }
      if (caller.test && !body.test) throw new Fault('forbidden', 'A test key can make test keys only.');
      if (body.project !== undefined) await authorize(db, caller, body.project, { role: 'annotator', scope: 'admin' });
      const text = makeKeyText(body.test);
      const expiresAt = body.expiresAt ?? null;
      return db.tx(async (tx) => {
        const record = await addKey(tx, { orgId: caller.orgId, userId: caller.userId, actor: caller.email, name: body.name, text, scopes, projectId: body.project ?? null, test: body.test, expiresAt });
        const door = body.door && (await doorCredentials(body.door, { id: record.id, text, email: caller.email, expiresAt, orgId: caller.orgId, test: body.test }));
        const made = { id: record.id, key: text, record, ...(door ? { door } : {}) };
        await whenMade?.(tx, made);
        return made;
      });
    },

    async list(caller: Caller, query: { limit: number; cursor?: string | undefined }): Promise<Page<ApiKey>> {
      needScope(caller, 'read');
      const mark = listMark('keys', caller.userId);
      const rows = await selectKeys(db, {
        orgId: caller.orgId,
        userId: caller.admin ? undefined : caller.userId,
        limit: query.limit,
        before: readCursor(query.cursor, mark, 1)?.[0]?.toString(),
      });
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.id], map: (row) => row });
    },

    async revoke(caller: Caller, id: string): Promise<void> {
      needScope(caller, 'admin');
      const key = await selectKey(db, id);
      if (!key || key.orgId !== caller.orgId || (!caller.admin && key.userId !== caller.userId)) throw notFound('key', id);
      await db.tx(async (tx) => {
        if (await revokeKey(tx, id)) await emit(tx, keyEvent('key.revoked', { ...key, actor: caller.email }));
      });
    },
  };
}

/** Stores a key whose text is known; also used for the first key of the installation. */
export async function addKey(
  tx: Tx,
  key: {
    orgId: string;
    userId: string;
    actor: string;
    name: string;
    text: string;
    scopes: readonly Scope[];
    projectId: string | null;
    test: boolean;
    expiresAt: string | null;
  },
): Promise<ApiKey> {
  const id = newId();
  await insertKey(tx, { ...key, id, prefix: key.text.slice(0, 10), hash: hashKey(key.text) });
  await emit(tx, keyEvent('key.created', { ...key, id }));
  const record = await selectKey(tx, id);
  if (!record) throw new Error('The key that was just stored is not there.');
  const { orgId: _orgId, ...rest } = record;
  return rest;
}

function keyEvent(type: string, key: { id: string; orgId: string; projectId: string | null; actor: string; name: string }) {
  return { type, orgId: key.orgId, projectId: key.projectId, subject: { kind: 'key', id: key.id }, actor: key.actor, data: { name: key.name } };
}
