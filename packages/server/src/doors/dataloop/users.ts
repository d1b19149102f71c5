import type { Member, ProjectRole } from '@fovea/contract';
import { z } from 'zod';
import { Fault, notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { get, parse, post, type Call, type DoorRoute } from './call.ts';
import type { DataloopDeps } from './context.ts';

/** Roles of the wire, and ours. Developers of the wire make recipes and tasks too, so they manage with us; those who develop are developers to the client as well. */
const wireRoles: Record<ProjectRole, string> = { owner: 'owner', manager: 'engineer', developer: 'engineer', reviewer: 'annotationManager', annotator: 'annotator' };
const ourRoles: Record<string, ProjectRole> = { owner: 'owner', engineer: 'manager', annotationManager: 'reviewer', annotator: 'annotator' };

export const toWireRole = (role: ProjectRole): string => wireRoles[role];

/** Our role of one of the wire; the client's `Developer` is `engineer` there. */
export function fromWireRole(role: unknown): ProjectRole {
  const found = typeof role === 'string' && Object.hasOwn(ourRoles, role) ? ourRoles[role] : undefined;
  if (!found) throw new Fault('invalid_request', `The role must be one of ${Object.keys(ourRoles).join(', ')}.`, { errors: [{ path: 'body.role', message: 'is not a role' }] });
  return found;
}

/** A user as the client shows them. */
export function toWireUser(user: { email: string; name: string; createdAt?: string; role?: string }, orgId: string) {
  const [firstName = '', ...rest] = user.name.split(' ');
  return {
    id: user.email,
    email: user.email,
    username: user.email,
    firstName,
    lastName: rest.join(' '),
    role: user.role ?? 'engineer',
    type: 'user',
    avatar: null,
    org: orgId,
    createdAt: user.createdAt ?? null,
    updatedAt: user.createdAt ?? null,
  };
}

export const toWireMember = (member: Member, orgId: string) => toWireUser({ ...member, role: toWireRole(member.role) }, orgId);

const keyBody = z.object({ userId: z.string().optional(), description: z.string().max(200).nullish() });

/** Who calls, their organisation, and API keys. */
export function userRoutes(deps: DataloopDeps): DoorRoute[] {
  const { sessions, keys } = deps.rooms;
  const organisation = (caller: Caller) => wireOrganisation(deps, caller);
  async function ownOrganisation({ caller, params }: Call) {
    if (params['org'] !== caller.orgId) throw notFound('organization', params['org'] ?? '');
    return organisation(caller);
  }
  return [
    get('/users/me', async ({ caller }) => {
      const { user } = await sessions.describe(caller, null);
      return toWireUser({ ...user, role: user.admin ? 'owner' : 'engineer' }, caller.orgId);
    }),
    post('/apiKeys', async (call) => {
      const { userId, description } = parse(keyBody, await call.body());
      if (userId !== undefined && userId.toLowerCase() !== call.caller.email) throw new Fault('forbidden', 'An API key can be made for oneself only.');
      const expiresAt = new Date(Date.now() + 365 * 86_400_000).toISOString();
      const { onlyProjectId } = call.caller;
      const { id, door } = await keys.create(call.caller, {
        name: description?.trim() || 'Dataloop API key',
        expiresAt,
        test: call.caller.test,
        door: 'dataloop',
        ...(onlyProjectId === null ? {} : { project: onlyProjectId }),
      });
      return { id, jwt: door?.['token'], expiresAt };
    }),
    post('/sdk/check', async () => ({ level: 'debug', msg: '' })),
    get('/orgs', async ({ caller }) => [await organisation(caller)]),
    get('/orgs/:org', ownOrganisation),
    get('/orgs/:org/members', async (call) => (await ownOrganisation(call)).members),
    get('/orgs/:org/groups', async (call) => (await ownOrganisation(call)).groups),
    get('/orgs/:org/integrations', async (call) => {
      await ownOrganisation(call);
      return [];
    }),
  ];
}

async function wireOrganisation({ rooms }: DataloopDeps, caller: Caller) {
  const { organization, user } = await rooms.sessions.describe(caller, null);
  const people = caller.admin && caller.onlyProjectId === null ? (await rooms.users.list(caller, { limit: 1_000 })).data : [user];
  return {
    id: organization.id,
    name: organization.name,
    members: people.map((person) => toWireUser({ ...person, role: person.admin ? 'owner' : 'member' }, organization.id)),
    groups: [],
    account: { id: organization.id, name: organization.name },
    plan: null,
    owner: null,
    creator: null,
    logoUrl: null,
    createdAt: null,
    updatedAt: null,
  };
}
