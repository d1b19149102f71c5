import { z } from 'zod';

/** Every error code that the platform answers, with its HTTP status and title. Codes are the stable part of an error. */
export const errorCodes = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  unauthenticated: { status: 401, title: 'No valid key or session' },
  forbidden: { status: 403, title: 'Not allowed' },
  csrf: { status: 403, title: 'The request did not come from the console' },
  address_refused: { status: 403, title: 'The address may not be called' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'The path has no such method' },
  timeout: { status: 408, title: 'The request took too long' },
  conflict: { status: 409, title: 'Conflict with what is there' },
  illegal_state: { status: 409, title: 'Not possible in the present state' },
  idempotency_conflict: { status: 409, title: 'The idempotency key was used for another request' },
  gone: { status: 410, title: 'No longer there' },
  revision_conflict: { status: 412, title: 'Changed by somebody else meanwhile' },
  too_large: { status: 413, title: 'Too large' },
  unsupported_media: { status: 415, title: 'Media type not supported' },
  range_not_satisfiable: { status: 416, title: 'The range lies outside the file' },
  upload_incomplete: { status: 400, title: 'The upload broke off' },
  digest_mismatch: { status: 422, title: 'The bytes do not match their digest' },
  quota_exceeded: { status: 403, title: 'The quota is used up' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'A fault of the server' },
  not_available: { status: 503, title: 'Not available now' },
  disk_full: { status: 507, title: 'No space left' },
} as const satisfies Record<string, { status: number; title: string }>;

/** The closed set of error codes. */
export type ErrorCode = keyof typeof errorCodes;

/** One fault of a request: where, and what was wrong. */
export const fieldError = z.object({
  path: z.string().describe('Where in the request, e.g. `body.name` or `query.limit`'),
  message: z.string().describe('What is wrong and what is allowed'),
});
export type FieldError = z.infer<typeof fieldError>;

/** The body of every error answer: problem details (RFC 9457). */
export const problem = z.object({
  type: z.string().describe('A URI that names the kind of error'),
  title: z.string().describe('The kind of error in a few words'),
  status: z.int().describe('The HTTP status'),
  detail: z.string().describe('What went wrong this time, and what is allowed'),
  code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]).describe('Stable code'),
  requestId: z.string().describe('Names the request in the server log'),
  errors: z.array(fieldError).optional().describe('The single faults, when validation failed'),
  current: z.unknown().optional().describe('The present state of the thing, when a race was lost'),
});
export type Problem = z.infer<typeof problem>;
