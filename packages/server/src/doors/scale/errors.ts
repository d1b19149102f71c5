import type { ErrorCode } from '@fovea/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '../../fault.ts';
import { logFault, toFault } from '../../http/problem.ts';

/** A parameter that is wrong, in the words that the service uses: `Parameter is invalid, reason: "name" is required`. */
export function badParameter(name: string, what: string): Fault {
  return new Fault('invalid_request', `Parameter is invalid, reason: "${name}" ${what}`, { errors: [{ path: name, message: what }] });
}

export const noAttachment = (): Fault => new Fault('invalid_request', 'Please include an attachment or attachments parameter.');

/** Statuses that the clients have a class for; the rest becomes the nearest of these. */
const kept = new Set([400, 401, 402, 404, 409, 429, 500, 503, 504]);

/** What has a status here that no class of the clients stands for, and one of theirs that says the same. */
const nearest: Partial<Record<ErrorCode, number>> = {
  // Known, but not for this: the clients' only word for rights.
  forbidden: 401,
  quota_exceeded: 402,
  // A state that does not allow something is a wrong request here: 409 is for names that are taken.
  illegal_state: 400,
  address_refused: 400,
  timeout: 504,
  disk_full: 503,
};

/** Answers an error in the service's shape: `{status_code, error}` under the same HTTP status. */
export function sendScaleError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const fault = toFault(error);
  logFault(fault, request);
  const status = statusOf(fault, request);
  void reply.code(status).header('content-type', 'application/json; charset=utf-8').send(JSON.stringify({ status_code: status, error: fault.message }));
}

function statusOf(fault: Fault, request: FastifyRequest): number {
  const given = nearest[fault.code] ?? fault.status;
  // The Python client, on 409 to a path with "task" in it, reads `unique_id` of the body that it sent, and fails when that was none or a list.
  if (given === 409) return request.url.includes('task') && !hasObjectBody(request) ? 400 : 409;
  return kept.has(given) ? given : given >= 500 ? 500 : 400;
}

/** Bodies that were read, by request: what the error handler must know of them. */
const objectBodies = new WeakSet<FastifyRequest>();

export function noteBody(request: FastifyRequest, body: unknown): void {
  if (typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length > 0) objectBodies.add(request);
}

function hasObjectBody(request: FastifyRequest): boolean {
  return objectBodies.has(request);
}
