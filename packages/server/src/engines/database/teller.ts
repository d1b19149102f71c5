/** After a telling so long is waited before the next one, in milliseconds: what is told meanwhile is told together. */
const gatherMs = 20;

/** Tells channels through `notify`, at once when it is quiet and at most every 20 ms when it is not; those that are told in one turn, in one go. */
export function teller(notify: (channels: readonly string[]) => Promise<unknown>, onError: ((error: Error) => void) | undefined) {
  /** The channels that were told a moment ago, and whether they were told again since. */
  const recent = new Map<string, { again: boolean; sent: Promise<void>; timer: NodeJS.Timeout }>();
  let turn: { channels: string[]; sent: Promise<void> } | undefined;
  let closed = false;

  function tell(channel: string): void {
    if (closed) return;
    const last = recent.get(channel);
    if (last) last.again = true;
    else recent.set(channel, { again: false, sent: send(channel), timer: setTimeout(() => next(channel), gatherMs) });
  }

  function next(channel: string): void {
    const again = recent.get(channel)?.again;
    recent.delete(channel);
    if (again) tell(channel);
  }

  function send(channel: string): Promise<void> {
    turn ??= { channels: [], sent: sendTurn() };
    turn.channels.push(channel);
    return turn.sent;
  }

  async function sendTurn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const channels = turn?.channels ?? [];
    turn = undefined;
    try {
      await notify(channels);
    } catch (error) {
      onError?.(error as Error);
    }
  }

  return {
    tell,
    /** Tells what is still to be told, and nothing after that. */
    async close(): Promise<void> {
      closed = true;
      const last = [...recent];
      recent.clear();
      for (const [, { timer }] of last) clearTimeout(timer);
      await Promise.all(last.map(async ([channel, { again, sent }]) => (again ? Promise.all([sent, send(channel)]) : sent)));
    },
  };
}
