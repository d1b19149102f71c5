import type { ErrorCode } from '@fovea/contract';
import { errorCodes } from '@fovea/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { Fault } from '../../fault.ts';
import { parseJson, readBody } from '../../http/body.ts';
import { invalid, logFault, toFault } from '../../http/problem.ts';
import type { Caller } from '../../identity/caller.ts';
import { needId, withWireIds } from './ids.ts';
import type { Call } from '../door-route.ts';

const json = 'application/json; charset=utf-8';
const limits = { maxBytes: 64 * 1024 * 1024, maxDepth: 128 };

export { get, patch, post, put, remove, type Call, type DoorRoute } from '../door-route.ts';

export function toCall(caller: Caller, request: FastifyRequest, reply: FastifyReply): Call {
  return {
    caller,
    params: request.params as Record<string, string>,
    query: request.query as Record<string, unknown>,
    request,
    reply,
    body: () => bodyOf(request),
  };
}

/** JSON, whatever its type says, or a form (`application/x-www-form-urlencoded`). */
export async function bodyOf(request: FastifyRequest): Promise<unknown> {
  const bytes = await readBody(request, limits.maxBytes);
  if (bytes.length === 0) return {};
  if (/^application\/x-www-form-urlencoded/i.test(request.headers['content-type'] ?? '')) return Object.fromEntries(new URLSearchParams(bytes.toString('utf8')));
  return (parseJson(bytes, limits.maxDepth) as unknown) ?? {};
}

/** A body by its schema; a fault names each field. */
export function parse<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const result = schema.safeParse(body);
  if (!result.success) throw invalid(result.error.issues, 'body');
  return result.data;
}

/** Our id of a parameter in the path, e.g. `idOf(call, 'item')`. */
export function idOf(call: Pick<Call, 'params'>, kind: string): string {
  return needId(call.params[kind], kind);
}

export function sendJson(reply: FastifyReply, body: unknown): void {
  void reply.header('content-type', json).send(JSON.stringify(body));
}

/** The statuses that the client has an exception for; a lost race is a conflict. */
function statusOf(code: ErrorCode): number {
  return code === 'revision_conflict' ? 409 : errorCodes[code].status;
}

/** `{status, message}`: the client shows both as they are. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const fault = toFault(error);
  logFault(fault, request);
  // What is left of an upload that was refused is read, so that the client gets to see the answer.
  request.raw.resume();
  const status = statusOf(fault.code);
  void reply.code(status).header('content-type', json).send(JSON.stringify({ status, message: withWireIds(fault.message) }));
}

export interface WirePage {
  items: unknown[];
  hasNextPage: boolean;
  totalItemsCount: number;
  totalPagesCount: number;
}

/** A page as every list of the protocol has it. */
export function pageOf(items: unknown[], { total, hasNextPage, pageSize }: { total: number; hasNextPage: boolean; pageSize: number }): WirePage {
  return { items, hasNextPage, totalItemsCount: total, totalPagesCount: pageSize > 0 ? Math.ceil(total / pageSize) : 0 };
}

/** `pageOffset` (counts pages) and `pageSize` of a list that is asked for with GET. */
export function pageQuery(query: Record<string, unknown>, defaultSize = 500): { page: number; pageSize: number } {
  return { page: wholeNumber(query['pageOffset'], 0), pageSize: Math.min(wholeNumber(query['pageSize'], defaultSize), 1_000) };
}

function wholeNumber(value: unknown, otherwise: number): number {
  return typeof value === 'number' || (typeof value === 'string' && /^\d{1,9}$/.test(value)) ? Number(value) : otherwise;
}

/** Throws what the door says to a call that it knows of and does not offer. */
export function notOffered(what: string): never {
  throw new Fault('not_found', `This server does not offer ${what}.`);
}
