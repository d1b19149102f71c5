import { errorCodes, type ErrorCode, type FieldError, type Problem } from '@fovea/contract';

/** The base of every error that this package throws on purpose. */
export class FoveaError extends Error {
  override name = 'FoveaError';
}

/** The platform answered with an error. There is a subclass for each code; `code` is the stable part. */
export class ApiError extends FoveaError {
  override name = 'ApiError';
  readonly code: ErrorCode;
  /** HTTP status. */
  readonly status: number;
  /** Names the request in the server's log; empty when something before the platform answered. */
  readonly requestId: string;
  /** What went wrong this time, and what is allowed. */
  readonly detail: string;
  /** The single faults, when validation failed. */
  readonly errors: readonly FieldError[];
  /** The present state of the thing, when a race was lost. */
  readonly current: unknown;
  /** How long the server asks to wait before the next attempt. */
  readonly retryAfterMs: number | undefined;

  constructor(problem: Pick<Problem, 'code' | 'status' | 'detail' | 'requestId' | 'errors' | 'current'>, retryAfterMs?: number) {
    super(problem.detail);
    this.code = problem.code;
    this.status = problem.status;
    this.requestId = problem.requestId;
    this.detail = problem.detail;
    this.errors = problem.errors ?? [];
    this.current = problem.current;
    this.retryAfterMs = retryAfterMs;
  }
}

type Pascal<S extends string> = S extends `${infer A}_${infer B}` ? `${Capitalize<A>}${Pascal<B>}` : Capitalize<S>;
/** `not_found` → `NotFoundError`. The code `timeout` (408) is RequestTimeoutError: TimeoutError is the client's own. */
type ClassName<C extends ErrorCode> = C extends 'timeout' ? 'RequestTimeoutError' : `${Pascal<C>}Error`;
type ApiErrorClass<C extends ErrorCode> = new (...given: ConstructorParameters<typeof ApiError>) => ApiError & { readonly code: C };

function className(code: ErrorCode): string {
  if (code === 'timeout') return 'RequestTimeoutError';
  return `${code.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}Error`;
}

/** A subclass of ApiError for every code of the contract, by class name. */
export const errorClasses = Object.fromEntries(
  Object.keys(errorCodes).map((code) => {
    const name = className(code as ErrorCode);
    const subclass = class extends ApiError {
      override name = name;
    };
    Object.defineProperty(subclass, 'name', { value: name });
    return [name, subclass];
  }),
) as unknown as { readonly [C in ErrorCode as ClassName<C>]: ApiErrorClass<C> };

export const {
  InvalidRequestError,
  InvalidJsonError,
  UnauthenticatedError,
  ForbiddenError,
  CsrfError,
  AddressRefusedError,
  NotFoundError,
  MethodNotAllowedError,
  RequestTimeoutError,
  ConflictError,
  IllegalStateError,
  IdempotencyConflictError,
  GoneError,
  RevisionConflictError,
  TooLargeError,
  UnsupportedMediaError,
  RangeNotSatisfiableError,
  UploadIncompleteError,
  DigestMismatchError,
  QuotaExceededError,
  RateLimitedError,
  InternalError,
  NotAvailableError,
  DiskFullError,
} = errorClasses;

/** The error of its code's class. */
export function apiError(problem: ConstructorParameters<typeof ApiError>[0], retryAfterMs?: number): ApiError {
  const Class = (errorClasses as unknown as Record<string, typeof ApiError>)[className(problem.code)] ?? ApiError;
  return new Class(problem, retryAfterMs);
}

/** No answer came: the name is unknown, nothing listens, or the connection broke off. */
export class ConnectionError extends FoveaError {
  override name = 'ConnectionError';
}

/** Nothing came within `timeoutMs`; for uploads and downloads, no byte moved for so long. */
export class TimeoutError extends ConnectionError {
  override name = 'TimeoutError';
}

/** The caller's AbortSignal ended the call. */
export class AbortedError extends FoveaError {
  override name = 'AbortedError';
}

/** Something answered that does not speak as the platform does, e.g. a login page at a wrong URL. */
export class UnexpectedAnswerError extends FoveaError {
  override name = 'UnexpectedAnswerError';
}

/** The file or stream to upload could not be read, or changed while it was read. */
export class SourceError extends FoveaError {
  override name = 'SourceError';
}

/** Downloaded bytes do not have the digest that the item has. */
export class IntegrityError extends FoveaError {
  override name = 'IntegrityError';
}
