import type { ErrorCode, FieldError } from '@fovea/contract';
import { errorCodes } from '@fovea/contract';
import type { z } from 'zod';

/** The one error that rooms throw at a caller: a code, a sentence that says what is wrong and what is allowed. */
export class Fault extends Error {
  override name = 'Fault';
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[] | undefined;
  readonly current: unknown;
  /** After so long the same request may well succeed. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, detail: string, more: { errors?: readonly FieldError[]; current?: unknown; cause?: unknown; retryAfterSeconds?: number } = {}) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.errors = more.errors;
    this.current = more.current;
    this.retryAfterSeconds = more.retryAfterSeconds;
  }

  get status(): number {
    return errorCodes[this.code].status;
  }
}

/** The answer for an id that does not exist and for one that belongs to somebody else: alike. */
export function notFound(kind: string, id: string): Fault {
  return new Fault('not_found', `There is no ${kind} "${id.slice(0, 200)}".`);
}

/** What zod found, field by field; `where`: what their paths begin with, `of`: what a field that nobody knows is none of. Wants issues that carry their input. */
export function fieldErrors(issues: readonly z.core.$ZodIssue[], where: readonly string[], of: string): FieldError[] {
  return issues.flatMap((issue) => flatten(issue, where, of));
}

function flatten(issue: z.core.$ZodIssue, where: readonly string[], of: string): FieldError[] {
  const at = [...where, ...issue.path.map(String)];
  const path = at.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...at, key.slice(0, 200)].join('.'), message: `is not a field of ${of}` }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The alternative that got furthest tells most about what was meant.
    const best = issue.errors.toSorted((a, b) => a.length - b.length)[0] ?? [];
    return best.flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] }, where, of));
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) return [{ path, message: `is required (${issue.expected})` }];
  if (issue.code === 'invalid_value' && issue.input === undefined) return [{ path, message: `is required (${issue.values.map((value) => JSON.stringify(value)).join(' | ')})` }];
  return [{ path, message: issue.message }];
}
