import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorCodes, isId, type ErrorCode } from '@fovea/contract';
import type { Deleted } from '../../catalog/query/entity.ts';
import { Fault } from '../../fault.ts';
import { readJson } from '../../http/body.ts';
import { logFault, toFault } from '../../http/problem.ts';
import type { Caller } from '../../identity/caller.ts';
import type { Call } from '../door-route.ts';

const json = 'application/json; charset=utf-8';

export { get, patch, post, put, remove, type Call, type DoorRoute } from '../door-route.ts';

export function toCall(caller: Caller, request: FastifyRequest, reply: FastifyReply): Call {
  return {
    caller,
    params: request.params as Record<string, string>,
    query: request.query as Record<string, unknown>,
    request,
    reply,
    body: async () => (await readJson(request)) ?? {},
  };
}

export function sendJson(reply: FastifyReply, body: unknown): void {
  void reply.header('content-type', json).send(JSON.stringify(body));
}

/** Statuses of the vendor: what cannot be done in a state is a bad request. */
function statusOf(code: ErrorCode): number {
  return code === 'illegal_state' || code === 'revision_conflict' ? 400 : errorCodes[code].status;
}

/** `{statusCode, message, error}`. Both clients know what is missing by the words `Not Found` alone. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const fault = toFault(error);
  logFault(fault, request);
  // What is left of an upload that was refused is read, so that the client gets to see the answer.
  request.raw.resume();
  const status = statusOf(fault.code);
  const named = status === 404 ? { message: 'Not Found', error: 'Not Found' } : { message: fault.message, error: errorCodes[fault.code].title };
  void reply.code(status).header('content-type', json).send(JSON.stringify({ ...(fault.current === undefined ? {} : (fault.current as object)), statusCode: status, ...named }));
}

/** The id in a path; anything else names nothing. */
export function idOf(text: string | undefined): string {
  if (text === undefined || !isId(text)) throw new Fault('not_found', 'Not Found');
  return text;
}

/** `offset` and `limit` of a list. The newest client asks for 5,000 and takes a shorter page for the last one. */
export function pageOf(query: Record<string, unknown>, limit = 5_000): { offset: number; limit: number } {
  return { offset: wholeNumber(query['offset'], 0), limit: Math.min(wholeNumber(query['limit'], limit), 5_000) };
}

function wholeNumber(value: unknown, otherwise: number): number {
  return typeof value === 'number' || (typeof value === 'string' && /^\d{1,9}$/.test(value)) ? Number(value) : otherwise;
}

/** A list in the form that both clients unwrap. */
export function listOf(word: string, rows: readonly unknown[], total: number): unknown {
  return { data: [{ [word]: rows }], totalCount: total };
}

/** Whether a list has what was deleted: `only` that, or that too (`include`). */
export const deletedOf = (value: unknown): Deleted => (value === 'only' || value === 'include' ? value : 'exclude');

export const isTrue = (value: unknown): boolean => value === true || /^true$/i.test(String(value));
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
