import { platform } from '#platform';
import { errorOf } from './answer.ts';
import { Deadline } from './deadline.ts';
import { AbortedError, ApiError, ConnectionError } from './errors.ts';

/** Where the client tells what it does; pino and `console` fit. Keys and bodies are never told. */
export interface Logger {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** A body that is made anew for each attempt. */
export interface OpenBody {
  content: BodyInit;
  headers?: Record<string, string> | undefined;
  /** Why its source could not be read to the end, when that was so. */
  failure?(): unknown;
  /** Lets go of the source when the attempt is over; fetch does not when it is aborted. */
  close?(): Promise<unknown>;
}

/** One request, before attempts are made. */
export interface Outgoing {
  method: string;
  url: string;
  headers: Record<string, string>;
  /** Opens the body for one attempt; `onSent` is called with the bytes sent so far in this attempt. */
  body?: ((onSent: (bytes: number) => void) => Promise<OpenBody> | OpenBody) | undefined;
  /** False when the body can be read once only; then a failed attempt is not repeated. */
  replayable?: boolean | undefined;
  onSent?: ((bytes: number) => void) | undefined;
  signal?: AbortSignal | undefined;
  timeoutMs?: number | undefined;
  maxRetries?: number | undefined;
  credentials?: RequestCredentials | undefined;
  /** The answer is handed out before its body is read: the caller's signal goes on ending it. */
  streaming?: boolean | undefined;
}

export interface TransportOptions {
  fetch: typeof fetch | undefined;
  maxRetries: number;
  timeoutMs: number;
  logger: Logger | undefined;
}

/** The first wait before another attempt, the longest, and the longest that a server may ask for. */
const firstWaitMs = 500;
const maxWaitMs = 8_000;
const maxAskedWaitMs = 60_000;

/** Sends requests with deadlines and repeats those that failed for a passing reason. */
export class Transport {
  readonly options: TransportOptions;

  constructor(options: TransportOptions) {
    this.options = options;
  }

  /** Sends until it works or cannot; `read` runs inside the deadline, and a failure in it counts as the attempt's. */
  async send<T>(request: Outgoing, read: (response: Response) => Promise<T> | T): Promise<T> {
    const maxRetries = request.maxRetries ?? this.options.maxRetries;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.attempt(request, read);
      } catch (error) {
        const waitMs = request.replayable === false || attempt >= maxRetries ? undefined : waitBeforeRetryMs(error, attempt);
        if (waitMs === undefined) throw error;
        const fields = { method: request.method, path: new URL(request.url).pathname, attempt: attempt + 1, waitMs: Math.round(waitMs), reason: (error as Error).message };
        this.options.logger?.warn(fields, 'request failed, trying again');
        await pause(waitMs, request.signal);
      }
    }
  }

  private async attempt<T>(request: Outgoing, read: (response: Response) => Promise<T> | T): Promise<T> {
    const deadline = new Deadline(request.timeoutMs ?? this.options.timeoutMs, request.signal);
    let body: OpenBody | undefined;
    try {
      const moved = (bytes: number) => {
        deadline.extend();
        request.onSent?.(bytes);
      };
      body = await request.body?.(moved);
      const startedMs = performance.now();
      const response = await this.fetcher(request, moved)(request.url, {
        method: request.method,
        headers: { ...request.headers, ...body?.headers },
        signal: deadline.signal,
        ...(request.credentials ? { credentials: request.credentials } : {}),
        // Streams are sent while they are read.
        ...(body ? { body: body.content, duplex: 'half' as const } : {}),
      });
      this.options.logger?.debug(
        { method: request.method, path: new URL(request.url).pathname, status: response.status, ms: Math.round(performance.now() - startedMs), requestId: response.headers.get('x-request-id') },
        'request',
      );
      if (!response.ok) throw await errorOf(response);
      return await read(response);
    } catch (error) {
      throw body?.failure?.() ?? deadline.translate(error, request.url);
    } finally {
      void body?.close?.();
      deadline.end(request.streaming === true);
    }
  }

  private fetcher(request: Outgoing, onSent: (bytes: number) => void): typeof fetch {
    if (this.options.fetch) return this.options.fetch;
    // Browsers tell the progress of an upload to XMLHttpRequest only.
    return request.onSent && platform.fetchWithProgress ? platform.fetchWithProgress(onSent) : globalThis.fetch.bind(globalThis);
  }
}

/** How long to wait before attempt `attempt + 2`; undefined when the error will not pass by itself. */
export function waitBeforeRetryMs(error: unknown, attempt: number, random: () => number = Math.random): number | undefined {
  const jittered = Math.min(firstWaitMs * 2 ** attempt, maxWaitMs) * (0.5 + random() / 2);
  if (error instanceof ConnectionError) return jittered;
  if (!(error instanceof ApiError)) return undefined;
  // A conflict that says when to come again: the first request under the same idempotency key still runs.
  // A full disk does not empty itself in seconds, and the upload would be sent again in whole.
  const busy = error.status === 409 && error.retryAfterMs !== undefined;
  const passing = busy || error.status === 408 || error.status === 429 || (error.status >= 500 && error.code !== 'disk_full');
  if (!passing) return undefined;
  if (error.retryAfterMs === undefined) return jittered;
  return error.retryAfterMs > maxAskedWaitMs ? undefined : Math.max(error.retryAfterMs, jittered);
}

/** Waits, unless the signal ends it with AbortedError. */
export function pause(waitMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = () => {
      clearTimeout(timer);
      reject(new AbortedError('The call was aborted.', { cause: signal?.reason }));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', aborted);
      resolve();
    }, waitMs);
    if (signal?.aborted) aborted();
    else signal?.addEventListener('abort', aborted, { once: true });
  });
}
