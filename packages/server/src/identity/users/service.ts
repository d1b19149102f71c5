import { newId, type Parsed, type User, type users } from '@fovea/contract';
import { violatedConstraint, type Database, type WhenMade } from '../../engines/database/database.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import { needAdmin } from '../access.ts';
import { needScope, type Caller } from '../caller.ts';
import type { WhenLeft } from '../members/service.ts';
import { hashPassword, passwordMatches } from './password.ts';
import { insertUser, lockAdmins, selectAdmins, selectUser, selectUsers, updateUser, withoutSecrets } from './store.ts';

type Body<K extends keyof typeof users> = Parsed<(typeof users)[K]>['body'];
export type UsersService = ReturnType<typeof usersService>;

/** The people of an organisation. */
export function usersService({ db, left }: { db: Database; left: WhenLeft }) {
  return {
    async create(caller: Caller, body: Body<'create'>, whenMade?: WhenMade<User>): Promise<User> {
      needAdmin(caller, 'admin');
      const id = newId();
      const passwordHash = body.password === undefined ? null : await hashPassword(body.password);
      return db
        .tx(async (tx) => {
          const name = body.name ?? body.email.split('@')[0] ?? body.email;
          await insertUser(tx, { id, orgId: caller.orgId, email: body.email, name, admin: body.admin, passwordHash });
          await emit(tx, event('user.created', caller, id, { email: body.email }));
          const user = await selectUser(tx, id);
          if (!user) throw notFound('user', id);
          const made = withoutSecrets(user);
          await whenMade?.(tx, made);
          return made;
        })
        .catch((error: unknown) => {
          if (violatedConstraint(error) === 'users_email') throw new Fault('conflict', `The e-mail "${body.email}" is taken.`);
          throw error;
        });
    },

    async list(caller: Caller, query: { limit: number; cursor?: string | undefined }): Promise<Page<User>> {
      needAdmin(caller, 'read');
      const mark = listMark('users', caller.orgId);
      const rows = await selectUsers(db, caller.orgId, { limit: query.limit, after: readCursor(query.cursor, mark, 1)?.[0]?.toString() });
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.id], map: withoutSecrets });
    },

    /** Who administers the organisation: everybody in it may know whom to ask. */
    async admins(caller: Caller): Promise<{ email: string; name: string }[]> {
      needScope(caller, 'read');
      return (await selectAdmins(db, caller.orgId)).map(({ email, name }) => ({ email, name }));
    },

    async update(caller: Caller, id: string, body: Body<'update'>): Promise<User> {
      needAdmin(caller, 'admin');
      const passwordHash = body.password === undefined ? undefined : await hashPassword(body.password);
      return db.tx(async (tx) => {
        const before = await selectUser(tx, id);
        if (!before || before.orgId !== caller.orgId) throw notFound('user', id);
        if (before.admin && (body.admin === false || body.disabled === true)) {
          const admins = await lockAdmins(tx, caller.orgId);
          if (admins.every((admin) => admin === id)) throw new Fault('conflict', 'An organisation keeps at least one working administrator.');
        }
        await updateUser(tx, id, { name: body.name, admin: body.admin, disabled: body.disabled, passwordHash });
        if (body.disabled === true || body.admin === false) await left(tx, caller, { email: before.email });
        await emit(tx, event('user.updated', caller, id, { changed: Object.keys(body) }));
        const after = await selectUser(tx, id);
        return withoutSecrets(after ?? before);
      });
    },

    /** The caller's own password; the current one is asked for where there is one. */
    async setPassword(caller: Caller, body: Body<'setPassword'>): Promise<void> {
      needScope(caller, 'admin');
      const user = await selectUser(db, caller.userId);
      if (!user) throw notFound('user', caller.userId);
      if (user.passwordHash !== null && !(await passwordMatches(body.current ?? '', user.passwordHash))) {
        throw new Fault('forbidden', 'The current password is not right.');
      }
      const passwordHash = await hashPassword(body.password);
      await db.tx(async (tx) => {
        await updateUser(tx, caller.userId, { passwordHash });
        await emit(tx, event('user.updated', caller, caller.userId, { changed: ['password'] }));
      });
    },
  };
}

function event(type: string, caller: Caller, id: string, data: Record<string, unknown>) {
  return { type, orgId: caller.orgId, projectId: null, subject: { kind: 'user', id }, actor: caller.email, data };
}
