import type { User } from '@fovea/contract';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { get, patch, post, remove, type Call, type DoorRoute } from './answer.ts';
import { collectionOf } from './collections.ts';
import { isFault, needHome, type DatamintDeps } from './context.ts';
import { memberRoles, parse, userBody, userChange } from './wire.ts';

type Row = Record<string, unknown>;

function toUser(user: Pick<User, 'id' | 'email' | 'name' | 'admin' | 'createdAt'>, caller: Caller): Row {
  const [firstname = '', ...rest] = user.name.split(' ');
  return {
    id: user.id,
    email: user.email,
    firstname: firstname === '' ? null : firstname,
    lastname: rest.length === 0 ? null : rest.join(' '),
    roles: [user.admin ? 'admin' : 'user'],
    customer_id: caller.orgId,
    created_at: user.createdAt,
  };
}

/** People of the organisation: administrators see all, everybody else the members of the door's project. */
async function people(deps: DatamintDeps, caller: Caller): Promise<Row[]> {
  try {
    const rows: Row[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await deps.rooms.users.list(caller, { limit: 1_000, ...(cursor === undefined ? {} : { cursor }) });
      rows.push(...page.data.filter(({ disabled }) => !disabled).map((user) => toUser(user, caller)));
      if (page.next === null) return rows;
      cursor = page.next;
    }
  } catch (error) {
    if (!isFault(error, 'forbidden')) throw error;
    const home = await needHome(deps, caller);
    const { data } = await deps.rooms.members.list(caller, home.projectId, { limit: 1_000 });
    return data.map((member) => toUser({ id: member.userId, email: member.email, name: member.name, admin: false, createdAt: member.createdAt }, caller));
  }
}

/** The person with an e-mail or an id. */
export async function byEmail(deps: DatamintDeps, caller: Caller, email: string | undefined): Promise<Row> {
  const found = (await people(deps, caller)).find((user) => user['email'] === email?.toLowerCase() || user['id'] === email);
  if (!found) throw new Fault('not_found', 'Not Found');
  return found;
}

export function userRoutes(deps: DatamintDeps): DoorRoute[] {
  const { users, members } = deps.rooms;
  const create = async ({ caller, body, reply }: Call) => {
    const { email, firstname, lastname, password, roles } = parse(userBody, await body());
    const name = [firstname, lastname].filter(Boolean).join(' ') || undefined;
    const user = await users.create(caller, { email, admin: roles?.includes('admin') ?? false, ...(name === undefined ? {} : { name }), ...(password ? { password } : {}) });
    void reply.code(201);
    return toUser(user, caller);
  };
  return [
    get('/users', async ({ caller }) => {
      const data = await people(deps, caller);
      return { data, totalCount: data.length };
    }),
    post('/users', create),
    post('/users/invite', create),
    // An invited person is a user at once, so none is ever open.
    get('/users/invitations', async () => []),
    remove('/users/invitations/:email/revoke', async ({ caller, params }) => disable(deps, caller, params['email'])),
    get('/users/:email', ({ caller, params }) => byEmail(deps, caller, params['email'])),
    patch('/users/:email', async ({ caller, params, body }) => {
      const known = await byEmail(deps, caller, params['email']);
      const { firstname, lastname, roles } = parse(userChange, await body());
      const name = [firstname ?? known['firstname'], lastname ?? known['lastname']].filter(Boolean).join(' ');
      return toUser(await users.update(caller, String(known['id']), { name, ...(roles ? { admin: roles.includes('admin') } : {}) }), caller);
    }),
    remove('/users/:email', async ({ caller, params }) => disable(deps, caller, params['email'])),
    get('/projects/:id/members', async ({ caller, params }) => {
      const { projectId } = await collectionOf(deps, caller, params['id']);
      const { data } = await members.list(caller, projectId, { limit: 1_000 });
      return data.map((member) => ({ user_id: member.userId, email: member.email, roles: [member.role] }));
    }),
    post('/projects/:id/members/:user', async ({ caller, params, body }) => {
      const { projectId } = await collectionOf(deps, caller, params['id']);
      const { email } = await byEmail(deps, caller, params['user']);
      const { roles } = parse(memberRoles, await body());
      const member = await members.set(caller, projectId, String(email), roles.some((role) => /admin|owner|manager/i.test(role)) ? 'manager' : 'annotator');
      return { user_id: member.userId, email: member.email, roles: [member.role] };
    }),
    remove('/projects/:id/members/:user', async ({ caller, params }) => {
      const { projectId } = await collectionOf(deps, caller, params['id']);
      const { email } = await byEmail(deps, caller, params['user']);
      await members.remove(caller, projectId, String(email));
      return {};
    }),
  ];
}

async function disable(deps: DatamintDeps, caller: Caller, email: string | undefined): Promise<Row> {
  const known = await byEmail(deps, caller, email);
  await deps.rooms.users.update(caller, String(known['id']), { disabled: true });
  return {};
}
