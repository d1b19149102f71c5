import { newId } from '@fovea/contract';
import type { Database, Tx } from '../../engines/database/database.ts';
import { MailError, type Mailer } from '../../engines/mail/mail.ts';
import { OutboundError, type Outbound } from '../../engines/outbound/outbound.ts';
import { messageKind, type Queue } from '../../engines/queue/queue.ts';
import type { Logger } from '../../logger.ts';
import { earlierAttempt, insertDeliveries, postpone, recordAttempt, reopenDeliveries, selectDelivery, selectEnded, takeOverdue, type Attempt, type DeliveryRange, type StoredDelivery } from './store.ts';

/** Tells a worker to make the next attempt of a delivery. */
export const deliver = messageKind<{ id: string }>('events.deliver', { retries: 3, backoffSeconds: 5, timeoutSeconds: 120 });

/** How deliveries of a kind are signed and how patient they are. */
export interface DeliveryKind {
  /** Headers of an attempt, over exactly the bytes that are sent; made anew each time. Undefined where it is no longer wanted. */
  headers(delivery: StoredDelivery): Promise<Record<string, string> | undefined>;
  /** Pauses between attempts, in seconds; after the last one the delivery is dead. */
  pausesSeconds: readonly number[];
  /** An attempt is given up after this. Default 10,000. */
  timeoutMs?: number;
  /** Told of every attempt. */
  tried?(delivery: StoredDelivery, arrived: boolean): Promise<void>;
  /** Told when it arrived or finally failed. */
  ended?(delivery: StoredDelivery, arrived: boolean): Promise<void>;
}

/** 5 s, 30 s, 2 min, 10 min, 30 min, then hourly: 24 hours in all. */
export const patientPauses = [5, 30, 120, 600, 1_800, ...Array.from({ length: 23 }, () => 3_600)];

export type DeliveriesService = ReturnType<typeof deliveriesService>;

/** A call, as rooms and doors ask for it. */
export interface Call {
  kind: string;
  orgId: string;
  projectId: string | null;
  /** `mailto:` and an address has the payload sent as mail. */
  url: string;
  method?: string;
  eventType: string;
  eventId?: string;
  subjectId: string;
  payload: string;
  webhookId?: string;
}

const stepDeliveries = 500;
/** So many are sent again by one request. */
const maxAgain = 10_000;
/** One whose attempt is overdue by so much has lost its message. */
const overdueSeconds = 180;
const sweepMs = 30_000;
const longestPostponeSeconds = 60;

/** Outgoing calls that must arrive: recorded with the change that they tell of, tried again over hours, every attempt logged. */
export function deliveriesService(deps: { db: Database; queue: Queue; outbound: Outbound; mailer: Mailer; logger: Logger }) {
  const { db, queue, logger } = deps;
  const kinds = new Map<string, DeliveryKind>();

  function kindOf(name: string): DeliveryKind {
    const kind = kinds.get(name);
    if (!kind) throw new Error(`The delivery kind "${name}" is not declared.`);
    return kind;
  }

  async function sendMany(tx: Tx, calls: readonly Call[]): Promise<void> {
    if (calls.length === 0) return;
    for (const { kind } of calls) kindOf(kind);
    const fresh = await insertDeliveries(tx, calls.map((call) => ({ ...call, id: newId(), method: call.method ?? 'POST', webhookId: call.webhookId ?? null, eventId: call.eventId ?? null })));
    await queue.sendMany(tx, deliver, fresh.map((id) => ({ id })));
  }

  /** Has deliveries tried anew from the beginning. */
  function again(ids: readonly string[]): Promise<void> {
    return db.tx(async (tx) => {
      await reopenDeliveries(tx, ids);
      await queue.sendMany(tx, deliver, ids.map((id) => ({ id })));
    });
  }

  async function handle(id: string): Promise<void> {
    const delivery = await selectDelivery(db, id);
    if (!delivery || delivery.status !== 'pending') return;
    const earlier = await earlierAttempt(db, delivery);
    if (earlier) {
      const seconds = Math.min(longestPostponeSeconds, Math.max(1, Math.ceil((earlier.getTime() - Date.now()) / 1_000)));
      await db.tx(async (tx) => {
        await postpone(tx, id, new Date(Date.now() + seconds * 1_000));
        await queue.send(tx, deliver, { id }, { delaySeconds: seconds });
      });
      return;
    }
    await settle(delivery, await attempt(deps, delivery, kindOf(delivery.kind)));
  }

  /** Records what came of an attempt, and when the next one is. */
  async function settle(delivery: StoredDelivery, result: Result): Promise<void> {
    const kind = kindOf(delivery.kind);
    const pause = kind.pausesSeconds[delivery.attempts];
    const dead = !result.ok && (result.final || pause === undefined);
    // Jitter of a fifth, so that a receiver that comes back is not met by everything at once.
    const waitSeconds = (pause ?? 0) * (0.9 + Math.random() * 0.2);
    await db.tx(async (tx) => {
      const { entry } = result;
      const nextAt = result.ok || dead ? null : new Date(Date.now() + waitSeconds * 1_000);
      await recordAttempt(tx, delivery.id, { status: result.ok ? 'delivered' : dead ? 'dead' : 'pending', lastStatus: entry.status, lastError: entry.error, lastResponse: entry.response, nextAt, entry });
      if (nextAt) await queue.send(tx, deliver, { id: delivery.id }, { delaySeconds: Math.ceil(waitSeconds) });
    });
    await kind.tried?.(delivery, result.ok);
    if (result.ok || dead) await kind.ended?.(delivery, result.ok);
    if (dead) logger.warn({ delivery: delivery.id, kind: delivery.kind, error: result.entry.error }, 'a delivery was given up');
  }

  async function sweep(): Promise<void> {
    try {
      await db.tx(async (tx) => {
        const ids = await takeOverdue(tx, { seconds: overdueSeconds, limit: stepDeliveries });
        await queue.sendMany(tx, deliver, ids.map((id) => ({ id })));
      });
    } catch (error) {
      logger.error({ err: error }, 'overdue deliveries could not be looked for; it is tried again');
    }
  }

  return {
    /** Declares a kind; each has one owner. */
    kind(name: string, kind: DeliveryKind): void {
      if (kinds.has(name)) throw new Error(`The delivery kind "${name}" is declared twice.`);
      kinds.set(name, kind);
    },

    /** Records a call, in the transaction of what it tells of. */
    send: (tx: Tx, call: Call): Promise<void> => sendMany(tx, [call]),
    /** The same for many, in their order. */
    sendMany,

    again,

    /** Sends what a webhook was told in a stretch of time again, the oldest first; `more` where there is more than one request does. */
    async againOf(webhookId: string, range: DeliveryRange): Promise<{ redelivered: number; more: boolean }> {
      let after: string | undefined;
      for (let redelivered = 0; ; ) {
        const ids = await selectEnded(db, webhookId, range, { limit: stepDeliveries, after });
        if (ids.length === 0 || redelivered >= maxAgain) return { redelivered, more: ids.length > 0 };
        await again(ids);
        redelivered += ids.length;
        after = ids.at(-1);
      }
    },

    /** Begins to make calls. Gives how to stop looking for those that were lost. */
    async work(): Promise<() => Promise<void>> {
      await queue.work(deliver, (message) => handle(message.data.id), { concurrency: 8 });
      const timer = setInterval(() => void sweep(), sweepMs);
      return async () => clearInterval(timer);
    },
  };
}

/** What the address of a mail begins with (RFC 6068). */
const mailScheme = 'mailto:';

/** What came of an attempt; `final` where another one is pointless. */
interface Result {
  ok: boolean;
  final: boolean;
  entry: Attempt['entry'];
}

async function attempt({ outbound, mailer }: { outbound: Outbound; mailer: Mailer }, delivery: StoredDelivery, kind: DeliveryKind): Promise<Result> {
  const started = Date.now();
  const headers = await kind.headers(delivery);
  const entry = (more: Pick<Attempt['entry'], 'status' | 'error' | 'response'>): Attempt['entry'] => ({ at: new Date(started).toISOString(), seconds: (Date.now() - started) / 1_000, headers: shown(headers ?? {}), ...more });
  if (!headers) return { ok: false, final: true, entry: entry({ status: null, error: 'The webhook is switched off or deleted.', response: null }) };
  try {
    if (delivery.url.startsWith(mailScheme)) {
      await mailer.send({ to: delivery.url.slice(mailScheme.length), subject: `Fovea: ${delivery.eventType}`, text: delivery.payload });
      return { ok: true, final: false, entry: entry({ status: null, error: null, response: null }) };
    }
    const answer = await outbound.request({
      url: delivery.url,
      method: delivery.method as 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: delivery.payload,
      timeoutMs: kind.timeoutMs ?? 10_000,
    });
    const response = await head(answer.body);
    const ok = answer.status >= 200 && answer.status < 300;
    return { ok, final: false, entry: entry({ status: answer.status, error: ok ? null : `The receiver answered ${answer.status}.`, response }) };
  } catch (error) {
    if (error instanceof MailError) return { ok: false, final: error.final, entry: entry({ status: null, error: error.message, response: null }) };
    if (!(error instanceof OutboundError)) throw error;
    return { ok: false, final: error.code === 'refused', entry: entry({ status: null, error: error.message, response: null }) };
  }
}

/** The headers that the log shows: those of vendors' forms may be secrets. */
function shown(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('webhook-')));
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
