import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { Fault } from '../../fault.ts';
import { basicUser, bearer } from '../../http/authenticate.ts';
import { readJson } from '../../http/body.ts';
import { keepNothing } from '../../http/idempotency.ts';
import type { Caller } from '../../identity/caller.ts';
import type { WhenMade } from '../../engines/database/database.ts';
import { scaleBatches } from './batches.ts';
import { callbacks } from './callback.ts';
import { origin, type ScaleDeps } from './context.ts';
import { badParameter, noteBody, sendScaleError } from './errors.ts';
import { scaleFiles } from './files.ts';
import { links as makeLinks } from './links.ts';
import { listTasks } from './list-tasks.ts';
import { preparation } from './preparation.ts';
import { scaleProjects } from './projects.ts';
import { scaleQuality } from './quality.ts';
import { serveFiles } from './serve-files.ts';
import { scaleStudio } from './studio.ts';
import { scaleTasks } from './tasks.ts';
import { scaleTeams } from './teams.ts';
import * as wire from './wire.ts';
import { humanResponse } from './work-of-task.ts';

/** What a route is given: who asks, the parts of the path, the query, and the body (an empty one is `{}`). */
interface Input {
  caller: Caller;
  params: Record<string, string>;
  query: Record<string, unknown>;
  body: unknown;
  request: FastifyRequest;
  /** Keeps the answer for repetitions of the request, in the transaction that makes what it tells of. */
  keep: WhenMade<unknown>;
}

type Handler = (input: Input) => Promise<unknown>;

const limits = { maxBytes: 32 * 1024 * 1024, maxDepth: 100 };

/** The protocol of Scale AI, version 1, under `/scale/v1`; files of its answers under `/scale/files`. */
export function scaleDoor(deps: ScaleDeps) {
  const links = makeLinks(deps.settings);
  const projects = scaleProjects(deps);
  const tasks = scaleTasks(deps, projects, links);
  const batches = scaleBatches(deps, projects);
  const files = scaleFiles(deps, projects);
  const teams = scaleTeams(deps, projects);
  const studio = scaleStudio(deps, projects, batches);
  const quality = scaleQuality(tasks);
  const callback = callbacks(deps, projects, links);
  deps.preparations.push(preparation(deps));
  deps.rooms.tasks.respond(origin, humanResponse(deps));

  const taskRoutes: [HTTPMethods, string, Handler][] = [
    ['POST', '/task/:type', creation('tasks', ({ caller, params, body, keep }) => tasks.create(caller, params['type'] ?? '', body, keep))],
    ['GET', '/task/:id', ({ caller, params }) => tasks.read(caller, params['id'] ?? '')],
    ['GET', '/tasks', ({ caller, query }) => listTasks(deps, projects, links, caller, query)],
    ['POST', '/task/:type/cancel', ({ caller, params, query }) => tasks.cancel(caller, params['type'] ?? '', wire.flag(query, 'clear_unique_id'))],
    ['POST', '/task/:type/audit', ({ caller, params, body }) => tasks.audit(caller, params['type'] ?? '', wire.parse(wire.auditBody, body))],
    ['POST', '/task/:type/unique_id', ({ caller, params, body }) => tasks.setUniqueId(caller, params['type'] ?? '', wire.parse(wire.uniqueIdBody, body).unique_id)],
    ['DELETE', '/task/:type/unique_id', ({ caller, params }) => tasks.setUniqueId(caller, params['type'] ?? '', null)],
    ['POST', '/task/:type/setMetadata', ({ caller, params, body }) => tasks.setMetadata(caller, params['type'] ?? '', metadataOf(body))],
    ['POST', '/task/:type/tags', ({ caller, params, body }) => tasks.changeTags(caller, params['type'] ?? '', 'set', tagsOf(body))],
    ['PUT', '/task/:type/tags', ({ caller, params, body }) => tasks.changeTags(caller, params['type'] ?? '', 'add', tagsOf(body))],
    ['DELETE', '/task/:type/tags', ({ caller, params, body }) => tasks.changeTags(caller, params['type'] ?? '', 'remove', tagsOf(body))],
    [
      'POST',
      '/task/:type/send_callback',
      async ({ caller, params }) => {
        const task = await tasks.get(caller, params['type'] ?? '');
        if (task.status !== 'completed' && task.status !== 'error') throw new Fault('invalid_request', 'The task has not ended, so there is no callback to repeat.');
        if (!(await callback.again(task))) throw badParameter('callback_url', 'was not given with the task, and the account has none either');
        return tasks.show(caller, task);
      },
    ],
    ['POST', '/evaluation_tasks/:type', creation('evaluation', ({ caller, params, body, keep }) => quality.create(caller, 'evaluation', params['type'] ?? '', body, keep))],
    ['POST', '/training_tasks/:type', creation('training', ({ caller, params, body, keep }) => quality.create(caller, 'training', params['type'] ?? '', body, keep))],
  ];
  const projectRoutes: [HTTPMethods, string, Handler][] = [
    ['POST', '/batches', creation('batches', ({ caller, body, keep }) => batches.create(caller, wire.parse(wire.batchBody, body), keep))],
    ['GET', '/batches', ({ caller, query }) => batches.list(caller, query)],
    ['GET', '/batches/:name', ({ caller, params }) => batches.read(caller, params['name'] ?? '')],
    ['GET', '/batches/:name/status', ({ caller, params }) => batches.status(caller, params['name'] ?? '')],
    ['POST', '/batches/:name/finalize', ({ caller, params }) => batches.finalize(caller, params['name'] ?? '')],
    ['POST', '/batches/:name/setMetadata', ({ caller, params, body }) => batches.setMetadata(caller, params['name'] ?? '', metadataOf(body))],
    ['POST', '/projects', creation('projects', ({ caller, body, keep }) => projects.create(caller, wire.parse(wire.projectBody, body), keep))],
    ['GET', '/projects', ({ caller }) => projects.list(caller)],
    ['GET', '/projects/:name', ({ caller, params }) => projects.show(caller, params['name'] ?? '')],
    [
      'POST',
      '/projects/:name/setParams',
      ({ caller, params, body }) => {
        const { patch = false, ...given } = wire.parse(wire.paramsBody, body);
        return projects.setParams(caller, params['name'] ?? '', patch, given);
      },
    ],
    [
      'POST',
      '/projects/:name/setOntology',
      ({ caller, params, body }) => {
        const { ontology, name } = wire.parse(wire.ontologyBody, body);
        return projects.setParams(caller, params['name'] ?? '', true, { ontology, ...(name === undefined ? {} : { ontology_name: name }) });
      },
    ],
    ['GET', '/projects/:name/taskTemplates', ({ caller, params }) => projects.template(caller, params['name'] ?? '')],
    ['POST', '/files/upload', ({ caller, request }) => files.upload(caller, request)],
    ['POST', '/files/import', creation('files', ({ caller, body }) => files.import(caller, body))],
  ];
  const peopleRoutes: [HTTPMethods, string, Handler][] = [
    ['GET', '/teams', ({ caller }) => teams.list(caller)],
    ['POST', '/teams/invite', setTeam],
    ['POST', '/teams/set_role', setTeam],
    ['GET', '/studio/assignments', ({ caller }) => studio.assignments(caller)],
    ['POST', '/studio/assignments/add', ({ caller, body }) => withAssignments(body, (emails, names) => studio.assign(caller, emails, names))],
    ['POST', '/studio/assignments/remove', ({ caller, body }) => withAssignments(body, (emails, names) => studio.unassign(caller, emails, names))],
    ['GET', '/studio/projects/:name/groups', ({ caller, params }) => studio.groups(caller, params['name'] ?? '')],
    ['POST', '/studio/projects/:name/groups', ({ caller, params, body }) => studio.createGroup(caller, params['name'] ?? '', wire.parse(wire.groupBody, body))],
    [
      'PUT',
      '/studio/projects/:name/groups/:group',
      ({ caller, params, body }) => studio.changeGroup(caller, params['name'] ?? '', params['group'] ?? '', wire.parse(wire.groupChangeBody, body)),
    ],
    ['GET', '/studio/batches', ({ caller }) => studio.batches(caller)],
    ['PUT', '/studio/batches/:name', ({ caller, params, body }) => studio.setBatchGroups(caller, params['name'] ?? '', wire.parse(wire.batchGroupsBody, body).groups)],
    [
      'POST',
      '/studio/batches/set_priorities',
      ({ caller, body }) => studio.setPriorities(caller, wire.parse(wire.prioritiesBody, body).batches.map((batch) => batch.name)),
    ],
    ['POST', '/studio/batches/reset_priorities', ({ caller }) => studio.resetPriorities(caller)],
  ];

  function setTeam({ caller, body }: Input): Promise<unknown> {
    const { emails, team_role: role } = wire.parse(wire.teamBody, body);
    return teams.setRole(caller, emails, role);
  }

  /** A creation that the caller may name by an Idempotency-Key, so that repeating it gives the first answer. */
  function creation(operation: string, handle: Handler): Handler {
    return async (input) => {
      const key = input.request.headers['idempotency-key'];
      if (key === undefined) return handle(input);
      const { caller, params, query, body } = input;
      return deps.idempotency.once({ caller, key, operation: `scale.${operation}.${caller.test ? 'test' : 'live'}`, input: { params, query, body } }, (keep) => handle({ ...input, keep }));
    };
  }

  return async (app: FastifyInstance): Promise<void> => {
    await app.register(async (door) => serveFiles(door, deps), { prefix: '/scale/files' });
    await app.register(
      async (door) => {
        rawBodies(door);
        door.setErrorHandler(sendScaleError);
        door.setNotFoundHandler((request) => {
          throw new Fault('not_found', `There is nothing at ${request.method} ${request.url.split('?')[0]}.`);
        });
        for (const [method, url, handle] of [...taskRoutes, ...projectRoutes, ...peopleRoutes]) {
          door.route({ method, url, bodyLimit: Number.MAX_SAFE_INTEGER, handler: (request, reply) => answer(deps, request, reply, handle) });
        }
      },
      { prefix: '/scale/v1' },
    );
  };
}

/** Bodies are read by hand: empty ones carry a JSON type, lists stand alone, GET and DELETE have them too. */
function rawBodies(door: FastifyInstance): void {
  door.removeAllContentTypeParsers();
  door.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
}

async function answer(deps: ScaleDeps, request: FastifyRequest, reply: FastifyReply, handle: Handler): Promise<FastifyReply> {
  const caller = await authenticate(deps, request);
  const multipart = /^multipart\//i.test(request.headers['content-type'] ?? '');
  const body = multipart || request.method === 'GET' ? undefined : await readJson(request, limits);
  noteBody(request, body);
  const input = { caller, params: request.params as Record<string, string>, query: request.query as Record<string, unknown>, body: body ?? {}, request, keep: keepNothing };
  return reply.code(200).header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(await handle(input)));
}

async function authenticate(deps: ScaleDeps, request: FastifyRequest): Promise<Caller> {
  const key = basicUser(request) ?? bearer(request);
  const caller = key === undefined || key === '' ? undefined : await deps.rooms.keys.authenticate(key);
  if (!caller) throw new Fault('unauthenticated', 'Please provide a valid API key: it is the user name of HTTP Basic, with an empty password.');
  return caller;
}

function metadataOf(body: unknown): Record<string, unknown> {
  const result = wire.metadataBody.safeParse(body);
  if (!result.success) throw badParameter('metadata', result.error.issues[0]?.message ?? 'must be an object');
  return result.data;
}

/** A bare array; an empty body, which is how clients send an empty one, is none. */
function tagsOf(body: unknown): string[] {
  const result = wire.tagsBody.safeParse(typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length === 0 ? [] : body);
  if (!result.success) throw badParameter('tags', 'must be an array of texts');
  return result.data;
}

function withAssignments(body: unknown, work: (emails: string[], names: string[]) => Promise<unknown>): Promise<unknown> {
  const { emails, projects } = wire.parse(wire.assignmentBody, body);
  return work(emails, projects);
}

