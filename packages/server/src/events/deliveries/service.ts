import { newId } from '@fovea/contract';
import type { Database, Tx } from '../../engines/database/database.ts';
import { OutboundError, type Outbound } from '../../engines/outbound/outbound.ts';
import { messageKind, type Queue } from '../../engines/queue/queue.ts';
import type { Logger } from '../../logger.ts';
import { hasEarlierPending, insertDelivery, recordAttempt, selectDelivery, type StoredDelivery } from './store.ts';

/** Tells a worker to make the next attempt of a delivery. */
export const deliver = messageKind<{ id: string }>('events.deliver', { retries: 3, backoffSeconds: 5, timeoutSeconds: 120 });

/** How deliveries of a kind are signed and how patient they are. */
export interface DeliveryKind {
  /** Headers of an attempt, over exactly the bytes that are sent; made anew each time. */
  headers(delivery: StoredDelivery): Promise<Record<string, string>>;
  /** Pauses between attempts, in seconds; after the last one the delivery is dead. */
  pausesSeconds: readonly number[];
  /** An attempt is given up after this. Default 10,000. */
  timeoutMs?: number;
  /** Told when it arrived or finally failed. */
  ended?(delivery: StoredDelivery, arrived: boolean): Promise<void>;
}

/** 5 s, 30 s, 2 min, 10 min, 30 min, then hourly: 24 hours in all. */
export const patientPauses = [5, 30, 120, 600, 1_800, ...Array.from({ length: 23 }, () => 3_600)];

export type DeliveriesService = ReturnType<typeof deliveriesService>;

/** Outgoing calls that must arrive: recorded with the change that they tell of, tried again over hours, every attempt logged. */
export function deliveriesService({ db, queue, outbound, logger }: { db: Database; queue: Queue; outbound: Outbound; logger: Logger }) {
  const kinds = new Map<string, DeliveryKind>();

  async function attempt(delivery: StoredDelivery, kind: DeliveryKind): Promise<{ ok: boolean; status: number | null; error: string | null; response: string | null; final?: boolean }> {
    try {
      const answer = await outbound.request({
        url: delivery.url,
        method: delivery.method as 'POST',
        headers: { 'content-type': 'application/json', ...(await kind.headers(delivery)) },
        body: delivery.payload,
        timeoutMs: kind.timeoutMs ?? 10_000,
      });
      const response = await head(answer.body);
      const ok = answer.status >= 200 && answer.status < 300;
      return { ok, status: answer.status, error: ok ? null : `The receiver answered ${answer.status}.`, response };
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      return { ok: false, status: null, error: error.message, response: null, final: error.code === 'refused' };
    }
  }

  return {
    /** Declares a kind; each has one owner. */
    kind(name: string, kind: DeliveryKind): void {
      if (kinds.has(name)) throw new Error(`The delivery kind "${name}" is declared twice.`);
      kinds.set(name, kind);
    },

    /** Records a call, in the transaction of what it tells of. */
    async send(
      tx: Tx,
      call: { kind: string; orgId: string; projectId: string; url: string; method?: string; eventType: string; eventId?: string; subjectId: string; payload: string; webhookId?: string },
    ): Promise<void> {
      if (!kinds.has(call.kind)) throw new Error(`The delivery kind "${call.kind}" is not declared.`);
      const id = newId();
      const fresh = await insertDelivery(tx, { ...call, id, method: call.method ?? 'POST', webhookId: call.webhookId ?? null, eventId: call.eventId ?? null });
      if (fresh) await queue.send(tx, deliver, { id });
    },

    async work(): Promise<void> {
      await queue.work(
        deliver,
        async (message) => {
          const delivery = await selectDelivery(db, message.data.id);
          if (!delivery || delivery.status !== 'pending') return;
          const kind = kinds.get(delivery.kind);
          if (!kind) throw new Error(`The delivery kind "${delivery.kind}" is not declared.`);
          if (await hasEarlierPending(db, delivery)) {
            await db.tx((tx) => queue.send(tx, deliver, { id: delivery.id }, { delaySeconds: 1 }));
            return;
          }
          const result = await attempt(delivery, kind);
          const pause = kind.pausesSeconds[delivery.attempts];
          const dead = !result.ok && (result.final === true || pause === undefined);
          // Jitter of a fifth, so that a receiver that comes back is not met by everything at once.
          const waitSeconds = (pause ?? 0) * (0.9 + Math.random() * 0.2);
          await db.tx(async (tx) => {
            await recordAttempt(tx, delivery.id, {
              status: result.ok ? 'delivered' : dead ? 'dead' : 'pending',
              lastStatus: result.status,
              lastError: result.error,
              lastResponse: result.response,
              nextAt: result.ok || dead ? null : new Date(Date.now() + waitSeconds * 1_000),
            });
            if (!result.ok && !dead) await queue.send(tx, deliver, { id: delivery.id }, { delaySeconds: Math.ceil(waitSeconds) });
          });
          if (result.ok || dead) await kind.ended?.(delivery, result.ok);
          if (dead) logger.warn({ delivery: delivery.id, kind: delivery.kind, error: result.error }, 'a delivery was given up');
        },
        { concurrency: 8 },
      );
    },
  };
}

const maxResponseBytes = 2_000;

/** The first bytes of an answer, for the log of deliveries. */
async function head(body: AsyncIterable<unknown> & { destroy(): void }): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of body) {
    parts.push(part as Buffer);
    length += (part as Buffer).length;
    if (length >= maxResponseBytes) break;
  }
  body.destroy();
  return Buffer.concat(parts).subarray(0, maxResponseBytes).toString('utf8').replaceAll('\u0000', '');
}
