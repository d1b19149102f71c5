import { errorCodes, type ErrorCode, type Problem } from '@fovea/contract';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { Fault, fieldErrors } from '../fault.ts';
import { BlobError } from '../engines/blobs/blobs.ts';

/** Any error as a Fault: ours as they are, known ones translated, the rest `internal` without a word of what happened inside. */
export function toFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof BlobError) {
    return new Fault(error.code === 'unavailable' ? 'not_available' : error.code, error.message, { cause: error });
  }
  const { code, statusCode, message } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Fault('too_large', 'The body is too large.', { cause: error });
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ABORT_ERR') {
    return new Fault('upload_incomplete', 'The connection broke off before all bytes arrived; nothing was stored.', { cause: error });
  }
  if (code === '53100' || code === 'ENOSPC') return new Fault('disk_full', 'There is no space left on the server.', { cause: error });
  // Values that PostgreSQL refuses although they passed validation, such as a time outside its range or NUL in text.
  if (typeof code === 'string' && /^22[0-9A-Z]{3}$/.test(code)) return new Fault('invalid_request', 'A value in the request is out of range.', { cause: error });
  if (typeof code === 'string' && (/^(08|57P)/.test(code) || code === 'ECONNREFUSED')) {
    return new Fault('not_available', 'The database does not answer at the moment; try again soon.', { cause: error });
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new Fault('invalid_request', message ?? 'The request is not valid.', { cause: error });
  }
  return new Fault('internal', 'Something went wrong on the server; the request id finds it in the log.', { cause: error });
}

export function toProblem(fault: Fault, requestId: string): Problem {
  const { status, title } = errorCodes[fault.code];
  return {
    type: `https://fovea.dev/errors/${fault.code}`,
    title,
    status,
    detail: fault.message,
    code: fault.code,
    requestId,
    ...(fault.errors ? { errors: [...fault.errors] } : {}),
    ...(fault.current === undefined ? {} : { current: fault.current }),
  };
}

/** Answers an error as problem+json and logs those that are the server's own. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const fault = toFault(error);
  logFault(fault, request);
  if (fault.retryAfterSeconds !== undefined) void reply.header('retry-after', String(fault.retryAfterSeconds));
  void reply.code(fault.status).header('content-type', 'application/problem+json; charset=utf-8').send(JSON.stringify(toProblem(fault, request.id)));
}

/** Faults of the server go to the log with their cause; faults of the caller do not. */
export function logFault(fault: Fault, request: FastifyRequest): void {
  if (fault.status >= 500) request.log.error({ err: fault.cause ?? fault, code: fault.code }, 'request failed');
}

/** The faults that zod found, as a Fault that names each field. */
export function invalid(issues: readonly z.core.$ZodIssue[], where: 'params' | 'query' | 'body'): Fault {
  const errors = fieldErrors(issues, [where], 'this request').slice(0, 50);
  const first = errors[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const code: ErrorCode = 'invalid_request';
  return new Fault(code, first ? `${first.path}: ${first.message}${more}` : 'The request is not valid.', { errors });
}
