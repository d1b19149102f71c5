import type { FastifyRequest } from 'fastify';
import { Fault } from '../../fault.ts';
import { bearer } from '../../http/authenticate.ts';
import type { Caller } from '../../identity/caller.ts';
import type { KeysService } from '../../identity/keys/service.ts';
import type { ProjectsService } from '../../identity/projects/service.ts';
import { origin } from './context.ts';

/** Who calls: a user, an application that may act for one of its users, or a worker. */
export interface VoxelCaller {
  kind: 'user' | 'application' | 'agent';
  caller: Caller;
  /** False for an application that acts for nobody. */
  hasUser: boolean;
}

const callers = new WeakMap<FastifyRequest, VoxelCaller>();

/** Finds out who sent the request by the headers of section 1.2 of the protocol. */
export async function identify(request: FastifyRequest, rooms: { keys: KeysService; projects: ProjectsService }): Promise<void> {
  const header = (name: string): string | undefined => {
    const value = request.headers[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const application = header('x-voxel51-application');
  const agent = header('x-voxel51-agent');
  const text = application ?? agent ?? bearer(request);
  if (text === undefined) throw new Fault('unauthenticated', 'Send the private key of a token as "Authorization: Bearer KEY".');
  const caller = await rooms.keys.authenticate(text);
  if (!caller) throw new Fault('unauthenticated', 'This key is unknown, revoked or expired.');
  if (application === undefined) {
    callers.set(request, { kind: agent === undefined ? 'user' : 'agent', caller, hasUser: true });
    return;
  }
  const username = header('x-voxel51-application-user');
  if (username === undefined) {
    callers.set(request, { kind: 'application', caller, hasUser: false });
    return;
  }
  if (!(await applicationUsers(rooms.projects, caller)).includes(username)) throw new Fault('not_found', `The application has no user '${username}'.`);
  callers.set(request, { kind: 'application', caller: asUser(caller, username), hasUser: true });
}

/** The application's key opens the rooms; what is made carries the name of its user, by which it is found again. */
function asUser(caller: Caller, username: string): Caller {
  return { ...caller, email: `${encodeURIComponent(username)}${applicationSuffix(caller)}` };
}

/** How the makers of what an application's users own end. */
export function applicationSuffix(caller: Caller): string {
  return `@${caller.userId}.application`;
}

/** The names of the users that an application made. */
export async function applicationUsers(projects: ProjectsService, caller: Caller): Promise<string[]> {
  const [project] = await projects.find(caller, { externalId: origin });
  return usersIn(project?.extra)[caller.userId] ?? [];
}

export async function addApplicationUser(projects: ProjectsService, caller: Caller, projectId: string, username: string): Promise<void> {
  await projects.changeExtra(caller, projectId, (extra) => {
    const known = usersIn(extra);
    const mine = known[caller.userId] ?? [];
    if (mine.includes(username)) throw new Fault('conflict', `The user '${username}' exists already.`);
    return { ...(extra as object | null), applicationUsers: { ...known, [caller.userId]: [...mine, username] } };
  });
}

function usersIn(extra: unknown): Record<string, string[]> {
  return (extra as { applicationUsers?: Record<string, string[]> } | null)?.applicationUsers ?? {};
}

export function whoCalls(request: FastifyRequest): VoxelCaller {
  const found = callers.get(request);
  if (!found) throw new Fault('unauthenticated', 'This route needs a key.');
  return found;
}

/** The user that a request speaks for; an application must have chosen one. */
export function userOf(request: FastifyRequest): Caller {
  const { caller, hasUser } = whoCalls(request);
  if (!hasUser) throw new Fault('forbidden', 'An application calls this for one of its users: send x-voxel51-application-user.');
  return caller;
}

export function applicationOf(request: FastifyRequest): Caller {
  const { caller, kind } = whoCalls(request);
  if (kind !== 'application') throw new Fault('forbidden', 'This is for applications: send x-voxel51-application.');
  return caller;
}
