import { Client, escapeIdentifier, type ClientConfig } from 'pg';

const longestPauseMs = 5_000;

/**
 * Listens on a notification channel with a connection of its own, which is made anew whenever it breaks. What was said while it was
 * broken is lost, so the listener is then heard as if told: look for yourself.
 */
export async function listen(
  config: ClientConfig,
  channel: string,
  heard: () => void,
  onError: ((error: Error) => void) | undefined,
): Promise<() => Promise<void>> {
  const stopping = new AbortController();
  let client: Client | undefined;

  async function open(): Promise<void> {
    const next = new Client(config);
    next.on('error', (error) => onError?.(error));
    next.on('notification', heard);
    try {
      await next.connect();
      await next.query(`listen ${escapeIdentifier(channel)}`);
    } catch (error) {
      await next.end().catch(() => undefined);
      throw error;
    }
    if (stopping.signal.aborted) return next.end();
    client = next;
    next.once('end', () => {
      client = undefined;
      void reopen();
    });
  }

  async function reopen(): Promise<void> {
    for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      await pause(pauseMs, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await open();
        if (!stopping.signal.aborted) heard();
        return;
      } catch (error) {
        onError?.(error as Error);
      }
    }
  }

  await open();
  return async () => {
    stopping.abort();
    await client?.end();
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    resolve();
  });
  return promise;
}
