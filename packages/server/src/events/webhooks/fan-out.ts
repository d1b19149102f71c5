import type { Event } from '@fovea/contract';
import type { Database } from '../../engines/database/database.ts';
import type { Logger } from '../../logger.ts';
import type { DeliveriesService } from '../deliveries/service.ts';
import { eventsChannel } from '../outbox.ts';
import { readEvents, toPlainEvent } from '../reader.ts';
import { lockEnabled, movePosition, selectEnabled } from './store.ts';

const stepEvents = 500;
/** So many events as come together in this time are read together. */
const gatherMs = 50;
/** How often is looked without being told: for what was missed while the listener was away, or another worker died with it. */
const lookMs = 5_000;

interface FanOutDeps {
  db: Database;
  deliveries: DeliveriesService;
  logger: Logger;
}

/** Turns events into deliveries: moves every webhook along the events as they happen. Each worker does, and steps over what another has in hand. Gives how to stop. */
export async function startFanOut(deps: FanOutDeps): Promise<() => Promise<void>> {
  let stopped = false;
  let running = Promise.resolve();
  let waiting: NodeJS.Timeout | undefined;
  const look = (inMs: number): void => {
    if (stopped || waiting) return;
    waiting = setTimeout(() => {
      waiting = undefined;
      running = running.then(() => moveAll(deps, () => stopped));
    }, inMs);
  };
  const stopListening = await deps.db.listen(eventsChannel, () => look(gatherMs));
  const timer = setInterval(() => look(0), lookMs);
  look(0);
  return async () => {
    stopped = true;
    clearInterval(timer);
    clearTimeout(waiting);
    await stopListening();
    await running;
  };
}

async function moveAll({ db, deliveries, logger }: FanOutDeps, isStopped: () => boolean): Promise<void> {
  try {
    for (const id of await selectEnabled(db)) while (!isStopped() && (await step(db, deliveries, id)));
  } catch (error) {
    logger.error({ err: error }, 'events could not be turned into deliveries; it is tried again');
  }
}

/** Moves a webhook along the events by a step; its place and the deliveries are one transaction. True when there is more. */
function step(db: Database, deliveries: DeliveriesService, id: string): Promise<boolean> {
  return db.tx(async (tx) => {
    const webhook = await lockEnabled(tx, id);
    if (!webhook) return false;
    const of = webhook.projectId === null ? { orgId: webhook.orgId } : { projectId: webhook.projectId };
    const events = await readEvents(tx, { of, after: webhook.position, since: webhook.since, limit: stepEvents });
    const last = events.at(-1);
    if (!last) return false;
    // By number: what happened to one thing is told in the order in which it happened.
    const wanted = events.toSorted((a, b) => a.seq - b.seq).map(toPlainEvent).filter((event) => wants(webhook.events, event));
    await deliveries.sendMany(
      tx,
      wanted.map((event) => ({
        kind: 'webhook',
        orgId: webhook.orgId,
        projectId: event.projectId,
        webhookId: webhook.id,
        url: webhook.url,
        eventType: event.type,
        eventId: event.id,
        subjectId: event.subject.id,
        payload: JSON.stringify({ type: event.type, timestamp: event.createdAt, data: event }),
      })),
    );
    await movePosition(tx, webhook.id, last.at);
    return events.length === stepEvents;
  });
}

function wants(filters: readonly string[], event: Event): boolean {
  return filters.length === 0 || filters.some((filter) => filter === '*' || filter === event.type || (filter.endsWith('.*') && event.type.startsWith(filter.slice(0, -1))));
}
