import type { ErrorCode, FieldError } from '@fovea/contract';
import { errorCodes } from '@fovea/contract';

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
