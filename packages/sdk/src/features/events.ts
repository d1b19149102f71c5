import { events, type Event } from '@fovea/contract';
import type { CallOptions } from '../client.ts';
import { Deadline } from '../deadline.ts';
import { ConnectionError } from '../errors.ts';
import { readEvents } from '../event-stream.ts';
import { Feature } from '../feature.ts';
import { pause, waitBeforeRetryMs } from '../transport.ts';

/** What `events.follow` takes. */
export interface FollowOptions extends Pick<CallOptions, 'signal'> {
  /** Begin after the event with this `seq`. Default: with what happens from now on. */
  after?: number | undefined;
  /** A connection that is silent for so long is made anew; the server says something every 15 seconds. Default 60,000. */
  timeoutMs?: number | undefined;
  /** Told whenever a connection is made, the first and every later one: what was changed before it may have been missed by whoever loaded earlier. */
  onOpen?: (() => void) | undefined;
}

/** Events: what happened, as history and as it happens. */
export class Events extends Feature {
  /** What happened in a project, oldest first: audit, and catching up. */
  readonly list = this.listOf(events.list);
  /** Events of a project as they happen, as a Response with Server-Sent Events; `follow` reads them. */
  readonly stream = this.method(events.stream);

  /**
   * Events of a project as they happen. When the connection breaks it goes on after the last event that it gave, for as long as it takes;
   * leave the loop or abort the signal (AbortedError) to end it. Errors of the platform, such as a revoked key, are thrown.
   */
  async *follow(project: string, options: FollowOptions = {}): AsyncGenerator<Event, void, undefined> {
    const { signal } = options;
    let { after } = options;
    for (let failures = 0; ; failures++) {
      const deadline = new Deadline(options.timeoutMs ?? 60_000, signal);
      try {
        const headers: Record<string, string> = after === undefined ? {} : { 'last-event-id': String(after) };
        const response = await this.stream({ project }, { signal: deadline.signal, headers, maxRetries: 0 });
        options.onOpen?.();
        for await (const data of readEvents(response, () => deadline.extend())) {
          const event = JSON.parse(data) as Event;
          after = event.seq;
          failures = 0;
          yield event;
        }
      } catch (error) {
        const translated = deadline.translate(error, this.client.url);
        if (waitBeforeRetryMs(translated, failures) === undefined) throw translated;
      } finally {
        deadline.end(false);
      }
      await pause(waitBeforeRetryMs(new ConnectionError(''), failures) ?? 0, signal);
    }
  }
}
