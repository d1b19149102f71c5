import type { FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '../../fault.ts';
import { logFault, toFault } from '../../http/problem.ts';

/** A parameter that is wrong, in the words that the service uses: `Parameter is invalid, reason: "name" is required`. */
export function badParameter(name: string, what: string): Fault {
  return new Fault('invalid_request', `Parameter is invalid, reason: "${name}" ${what}`, { errors: [{ path: name, message: what }] });
}

export const noAttachment = (): Fault => new Fault('invalid_request', 'Please include an attachment or attachments parameter.');

/** Statuses that the clients have a class for, or that say the same as no other; the rest becomes the nearest of these. */
const kept = new Set([400, 401, 403, 404, 409, 429, 500, 503]);

/** Answers an error in the service's shape: `{status_code, error}` under the same HTTP status. */
export function sendScaleError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const fault = toFault(error);
  logFault(fault, request);
  const status = statusOf(fault, request);
  void reply.code(status).header('content-type', 'application/json; charset=utf-8').send(JSON.stringify({ status_code: status, error: fault.message }));
}

function statusOf(fault: Fault, request: FastifyRequest): number {
  // A state that does not allow something is a wrong request here: 409 is for names that are taken.
  if (fault.code === 'illegal_state' || fault.code === 'address_refused') return 400;
  // The Python client, on 409 to a path with "task" in it, reads `unique_id` of the body that it sent, and fails when that was none or a list.
  if (fault.status === 409) return request.url.includes('task') && !hasObjectBody(request) ? 400 : 409;
  if (kept.has(fault.status)) return fault.status;
  return fault.status >= 500 ? 500 : 400;
}

/** Bodies that were read, by request: what the error handler must know of them. */
const objectBodies = new WeakSet<FastifyRequest>();

export function noteBody(request: FastifyRequest, body: unknown): void {
  if (typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length > 0) objectBodies.add(request);
}

function hasObjectBody(request: FastifyRequest): boolean {
  return objectBodies.has(request);
}
