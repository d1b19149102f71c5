import { errorCodes, type ErrorCode, type Problem } from '@fovea/contract';
import { apiError, UnexpectedAnswerError, type ApiError } from './errors.ts';

/** Statuses that a proxy before the platform gives too, as the nearest code. */
const codeOfStatus: Record<number, ErrorCode> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'timeout',
  409: 'conflict',
  410: 'gone',
  412: 'revision_conflict',
  413: 'too_large',
  415: 'unsupported_media',
  416: 'range_not_satisfiable',
  429: 'rate_limited',
  502: 'not_available',
  503: 'not_available',
  504: 'not_available',
  507: 'disk_full',
};

/** An answer with an error status as the error of its code, whether or not problem details came with it. */
export async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  const problem = readProblem(text);
  const { status } = response;
  const fallback = codeOfStatus[status] ?? (status >= 500 ? 'internal' : 'invalid_request');
  return apiError(
    {
      status,
      code: problem?.code !== undefined && problem.code in errorCodes ? problem.code : fallback,
      detail: problem?.detail ?? `The server answered ${status}${response.statusText ? ` ${response.statusText}` : ''} without saying why.`,
      requestId: problem?.requestId ?? response.headers.get('x-request-id') ?? '',
      ...(Array.isArray(problem?.errors) ? { errors: problem.errors } : {}),
      current: problem?.current,
    },
    retryAfterMs(response.headers.get('retry-after')),
  );
}

function readProblem(text: string): Partial<Problem> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && typeof (value as Problem).detail === 'string' ? (value as Problem) : undefined;
  } catch {
    return undefined;
  }
}

/** Retry-After (RFC 9110, section 10.2.3): seconds or an HTTP date. */
export function retryAfterMs(header: string | null, nowMs: number = Date.now()): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

/** The JSON of a good answer; throws UnexpectedAnswerError when it is something else. */
export async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    const type = response.headers.get('content-type') ?? 'no type';
    throw new UnexpectedAnswerError(`${new URL(response.url || 'about:blank').host || 'The server'} answered ${type} instead of JSON; is its URL that of a Fovea platform?`, { cause });
  }
}
