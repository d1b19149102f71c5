import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Operation } from '@fovea/contract';
import { Fault } from '../fault.ts';
import type { Caller } from '../identity/caller.ts';
import { authenticate, type Authenticator } from './authenticate.ts';
import { readJson } from './body.ts';
import type { Route, RouteInput } from './context.ts';
import { keepNothing, type Idempotency } from './idempotency.ts';
import { invalid } from './problem.ts';
import type { WhenMade } from '../engines/database/database.ts';

const nobody: Caller = { orgId: '', userId: '', email: '', admin: false, scopes: new Set(), onlyProjectId: null, test: false, keyId: null };

/** Mounts contract operations: authenticate, parse, call, answer. */
export function mount(app: FastifyInstance, routes: readonly Route[], deps: { auth: Authenticator; idempotency: Idempotency }): void {
  for (const { operation, handle } of routes) {
    // Made once: a schema is compiled when it is first used.
    const parsed = { ...operation, query: (operation.query ?? z.object({})).strict() };
    app.route({
      method: operation.method,
      url: operation.path.replace(/\{(\w+)\}/g, ':$1'),
      config: { operation: operation.id },
      // The body limit is ours: JSON is bounded in readJson, uploads by their own limits.
      bodyLimit: Number.MAX_SAFE_INTEGER,
      handler: async (request, reply) => {
        const caller = operation.audience === 'public' ? nobody : (await authenticate(deps.auth, request)).caller;
        const input = { caller, ...(await parse(parsed, request)), ifMatch: ifMatch(request), request, reply };
        void reply.code(operation.status);
        const answer = (keep: WhenMade<unknown>) => handle({ ...input, keep } as RouteInput<Operation>);
        const key = operation.method === 'POST' && operation.audience !== 'public' && isJson(operation) ? request.headers['idempotency-key'] : undefined;
        const result = key === undefined ? await answer(keepNothing) : await deps.idempotency.once({ caller, key, operation: operation.id, input }, answer);
        return send(operation, result, reply);
      },
    });
  }
}

function isJson(operation: Operation): boolean {
  return typeof operation.body !== 'string' && typeof operation.result !== 'string';
}

async function parse(operation: Operation, request: FastifyRequest) {
  const params = parsePart(operation.params, request.params, 'params');
  const query = parsePart(operation.query, request.query, 'query');
  if (typeof operation.body === 'string') return { params, query, body: undefined };
  const raw = request.method === 'GET' ? undefined : await readJson(request);
  if (!operation.body) {
    if (raw !== undefined && !(typeof raw === 'object' && raw !== null && Object.keys(raw).length === 0)) {
      throw new Fault('invalid_request', 'This request takes no body.', { errors: [{ path: 'body', message: 'must be empty' }] });
    }
    return { params, query, body: undefined };
  }
  return { params, query, body: parsePart(operation.body, raw ?? {}, 'body') };
}

/** Parses one part of the request. */
function parsePart(schema: z.ZodType | undefined, value: unknown, where: 'params' | 'query' | 'body'): unknown {
  if (!schema) return undefined;
  const result = schema.safeParse(value, { reportInput: true });
  if (!result.success) {
    // An id that cannot be one names nothing: the same answer as for one that does not exist.
    const [issue] = result.error.issues;
    if (where === 'params' && issue?.code === 'invalid_format' && issue.format === 'uuid') {
      throw new Fault('not_found', `There is no ${String(issue.path[0])} "${String((value as Record<string, unknown>)[String(issue.path[0])]).slice(0, 100)}".`);
    }
    throw invalid(result.error.issues, where);
  }
  return result.data;
}

function ifMatch(request: FastifyRequest): number | undefined {
  const header = request.headers['if-match'];
  if (header === undefined || header === '*') return undefined;
  const revision = /^(?:W\/)?"?(\d+)"?$/.exec(header)?.[1];
  if (revision === undefined) throw new Fault('invalid_request', 'If-Match carries the revision, e.g. If-Match: "3".');
  return Number(revision);
}

function send(operation: Operation, result: unknown, reply: FastifyReply): unknown {
  if (typeof operation.result === 'string') return reply;
  if (operation.result === undefined) return reply.code(operation.status).send();
  const revision = (result as { revision?: unknown } | null)?.revision;
  if (typeof revision === 'number') void reply.header('etag', `"${revision}"`);
  return reply.header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(result));
}
