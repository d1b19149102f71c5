import type { Member, Project } from '@fovea/contract';
import { isId, name as nameSchema, email as emailSchema } from '@fovea/contract';
import { z } from 'zod';
import { Fault, notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { get, parse, patch, post, remove, type Call, type DoorRoute } from './call.ts';
import { urlOf, type DataloopDeps } from './context.ts';
import { fromWireRole, toWireMember, toWireRole, toWireUser } from './users.ts';

const projectBody = z.object({ name: nameSchema });
const projectPatch = z.object({ name: nameSchema.optional() });
const memberBody = z.object({ role: z.unknown().optional() });

/** Projects and their members. Their ids are UUIDs on this wire too. */
export function projectRoutes(deps: DataloopDeps): DoorRoute[] {
  const { projects, members } = deps.rooms;
  const show = async (caller: Caller, project: Project) => (await wireProjects(deps, caller, [project]))[0];
  const all = async ({ caller }: Call) => wireProjects(deps, caller, await projects.find(caller));
  return [
    post('/projects', async (call) => {
      const { name } = parse(projectBody, await call.body());
      const project = await projects.create(call.caller, { name, description: '', metadata: {} }).catch((error: unknown) => {
        // The hosted platform has no other words for it, and the client's users look for these.
        if (error instanceof Fault && error.code === 'conflict') void call.reply.code(500);
        else throw error;
        return undefined;
      });
      return project ? show(call.caller, project) : { status: 500, message: `Failed to create project: a project named "${name}" exists already.` };
    }),
    get('/projects', all),
    get('/orgs/:org/projects', async (call) => {
      if (call.params['org'] !== call.caller.orgId) throw notFound('organization', call.params['org'] ?? '');
      return all(call);
    }),
    get('/projects/:project', async ({ caller, params }) => show(caller, await projects.get(caller, projectId(params)))),
    // A slash in a name stays as it is in the address.
    get('/projects/*', async ({ caller, request }) => {
      const name = nameInPath(request.raw.url ?? '');
      if (name === undefined) throw new Fault('not_found', 'This server does not offer this call of a project.');
      const found = await projects.find(caller, { name });
      if (found.length === 0) throw new Fault('not_found', `There is no project named "${name.slice(0, 200)}".`);
      return wireProjects(deps, caller, found);
    }),
    patch('/projects/:project', async (call) => {
      const change = parse(projectPatch, await call.body());
      return show(call.caller, await projects.update(call.caller, projectId(call.params), change));
    }),
    remove('/projects/:project', async ({ caller, params }) => {
      await projects.delete(caller, projectId(params));
      return {};
    }),
    get('/projects/:project/members', async ({ caller, params }) => {
      const id = (await projects.get(caller, projectId(params))).id;
      return (await members.ofProjects(caller, [id])).map((member) => toWireMember(member, caller.orgId));
    }),
    post('/projects/:project/members/:email', async (call) => {
      const { role } = parse(memberBody, await call.body());
      return toWireMember(await members.set(call.caller, projectId(call.params), memberEmail(call.params), fromWireRole(role)), call.caller.orgId);
    }),
    patch('/projects/:project/members/:email', async (call) => {
      const { role } = parse(memberBody, await call.body());
      const [id, email] = [projectId(call.params), memberEmail(call.params)];
      const known = (await members.ofProjects(call.caller, [id])).some((member) => member.email === email);
      if (!known) throw notFound('member', email);
      return toWireMember(await members.set(call.caller, id, email, fromWireRole(role)), call.caller.orgId);
    }),
    remove('/projects/:project/members/:email', async ({ caller, params }) => toWireMember(await members.remove(caller, projectId(params), memberEmail(params)), caller.orgId)),
  ];
}

/** The name in `…/projects/NAME/name`, out of the address as it was sent: a router reads two slashes as one. */
function nameInPath(url: string): string | undefined {
  const encoded = /\/projects\/([^?]*)\/name\/?(?:\?|$)/.exec(url)?.[1];
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** The id of a project in a path; a name is none. */
export function projectId(params: Record<string, string>): string {
  const id = params['project'] ?? '';
  if (!isId(id)) throw notFound('project', id);
  return id;
}

function memberEmail(params: Record<string, string>): string {
  return parse(emailSchema, params['email'] ?? '');
}

async function wireProjects(deps: DataloopDeps, caller: Caller, projects: readonly Project[]) {
  const of = Map.groupBy(await deps.rooms.members.ofProjects(caller, projects.map((project) => project.id)), (member) => member.projectId);
  return projects.map((project) => toWireProject(deps, caller, project, of.get(project.id) ?? []));
}

function toWireProject(deps: DataloopDeps, caller: Caller, project: Project, members: readonly Member[]) {
  return {
    id: project.id,
    name: project.name,
    url: urlOf(deps, `/projects/${project.id}`),
    creator: project.createdBy,
    role: toWireRole(project.role),
    org: { id: caller.orgId },
    account: { id: caller.orgId },
    contributors: members.length > 0 ? members.map((member) => toWireMember(member, caller.orgId)) : [toWireUser({ email: project.createdBy, name: project.createdBy, role: 'owner' }, caller.orgId)],
    createdAt: Date.parse(project.createdAt),
    updatedAt: Date.parse(project.updatedAt),
    isBlocked: false,
    archived: false,
    featureConstraints: [],
  };
}
