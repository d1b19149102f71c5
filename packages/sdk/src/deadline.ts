import { AbortedError, ApiError, ConnectionError, TimeoutError } from './errors.ts';

/** Ends an attempt after a silence, or when the caller aborts. */
export class Deadline {
  private readonly controller = new AbortController();
  private readonly timeoutMs: number;
  private readonly callerSignal: AbortSignal | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private timedOut = false;
  private ended = false;
  private readonly onAbort = () => this.controller.abort(this.callerSignal?.reason);

  constructor(timeoutMs: number, callerSignal: AbortSignal | undefined) {
    this.timeoutMs = timeoutMs;
    this.callerSignal = callerSignal;
    if (callerSignal?.aborted) throw new AbortedError('The call was aborted.', { cause: callerSignal.reason });
    callerSignal?.addEventListener('abort', this.onAbort, { once: true });
    this.extend();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Something moved: the silence begins anew. */
  extend(): void {
    if (this.ended) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timedOut = true;
      this.controller.abort();
    }, this.timeoutMs);
  }

  end(streaming: boolean): void {
    this.ended = true;
    clearTimeout(this.timer);
    if (!streaming) this.callerSignal?.removeEventListener('abort', this.onAbort);
  }

  /** What a failure of fetch means. */
  translate(error: unknown, url: string): unknown {
    if (this.callerSignal?.aborted) return new AbortedError('The call was aborted.', { cause: this.callerSignal.reason });
    const { origin } = new URL(url);
    if (this.timedOut) return new TimeoutError(`${origin} was silent for ${this.timeoutMs / 1000} seconds.`, { cause: error });
    if (error instanceof ApiError || !isNetworkError(error)) return error;
    return new ConnectionError(`${origin} cannot be reached: ${reasonOf(error)}.`, { cause: error });
  }
}

/** Errors of fetch itself: a TypeError by its specification; a broken body read rejects with one too, or with a system error. */
function isNetworkError(error: unknown): boolean {
  if (error instanceof TypeError) return true;
  return error instanceof Error && (typeof (error as { code?: unknown }).code === 'string' || error.name === 'AbortError' || error.name === 'NetworkError');
}

function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  const inner = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause;
  const shown = inner instanceof Error ? inner : (error as Error);
  return shown.message || (shown as { code?: string }).code || shown.name;
}
