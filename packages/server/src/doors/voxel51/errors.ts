import type { FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '../../fault.ts';
import { logFault, toFault } from '../../http/problem.ts';

export interface WireError {
  code: number;
  message: string;
}

export function toWireError(error: unknown): WireError {
  const fault = toFault(error);
  return { code: fault.status, message: fault.message };
}

/** Answers an error as the clients read it: `{error: {code, message}}`, the code being the status. */
export function sendVoxelError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const fault = toFault(error);
  logFault(fault, request);
  // What is left of an upload that was refused is read, so that the client gets to see the answer.
  request.raw.resume();
  void sendJson(reply, { error: toWireError(fault) }, fault.status);
}

export function sendJson(reply: FastifyReply, body: unknown, status = 200): FastifyReply {
  return reply.code(status).header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(body));
}

export function bad(message: string): Fault {
  return new Fault('invalid_request', message);
}

export function missing(kind: string, id: string): Fault {
  return new Fault('not_found', `${kind} '${id.slice(0, 200)}' not found`);
}
