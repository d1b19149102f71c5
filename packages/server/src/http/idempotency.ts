import { createHash, randomUUID } from 'node:crypto';
import sql from 'sql-template-tag';
import type { Database, Queryable, Tx, WhenMade } from '../engines/database/database.ts';
import { Fault } from '../fault.ts';
import type { Caller } from '../identity/caller.ts';
import { sealer, type Sealer } from '../engines/seal.ts';

export interface Idempotency {
  /**
   * Runs the work once for a key; a repetition gets the first answer, another request under the same key is refused. Work that gives its answer
   * to `keep`, in the transaction that makes the thing, is never done twice, wherever its server dies; other work is done again where that
   * happened between its commit and its answer.
   */
  once<T>(request: { caller: Caller; key: string | string[]; operation: string; input: unknown }, work: (keep: WhenMade<T>) => Promise<T>): Promise<T>;
  /** Forgets answers older than a day. */
  sweep(): Promise<number>;
}

/** A request that has not said for so long that it still runs has died with its server. */
const leaseSeconds = 8;
const renewMs = 2_500;
/** Longer than a lease: after a server died, a repetition takes over instead of being sent away. */
const waitMs = 12_000;
const lookMs = 100;
const retryAfterSeconds = 2;

/** A request under its key. */
interface Claim {
  orgId: string;
  key: string;
  operation: string;
  hash: Buffer;
  /** This run of it. */
  holder: string;
}

/** For a request without a key: nobody can repeat it. */
export const keepNothing: WhenMade<unknown> = () => Promise.resolve();

/** Keeps answers in the database, so that a repetition finds them after a restart and on any host: sealed, as there are keys and secrets among them that are told once. */
export function idempotencyStore(db: Database, settings: { secret: string }): Idempotency {
  const answers = sealer(settings.secret, 'answers');
  const store: Store = (on, claim, answer) => storeSealed(on, claim, answers.seal(JSON.stringify(answer ?? null)));
  return {
    async once(request, work) {
      const key = String(request.key);
      if (key.length === 0 || key.length > 200) throw new Fault('invalid_request', 'An Idempotency-Key has 1 to 200 characters.');
      const claim = { orgId: request.caller.orgId, key, operation: request.operation, hash: fingerprint(request), holder: randomUUID() };
      const earlier = await firstOrAnswer(db, claim);
      if (earlier) return opened(answers, earlier.answer) as Awaited<ReturnType<typeof work>>;
      const alive = setInterval(() => void renew(db, claim), renewMs);
      try {
        let kept = false;
        const answer = await work(async (tx, given) => {
          await keepIn(store, tx, claim, given);
          kept = true;
        });
        if (!kept) await store(db, claim, answer);
        return answer;
      } catch (error) {
        // A refused request may be corrected and sent again under its key.
        await db.run(sql`delete from idempotency where org_id = ${claim.orgId} and key = ${key} and status is null and holder = ${claim.holder}`);
        throw error;
      } finally {
        clearInterval(alive);
      }
    },
    sweep: () => db.run(sql`delete from idempotency where created_at < now() - interval '1 day'`),
  };
}

/** Writes an answer; gives whether the key is still this run's. */
type Store = (db: Queryable, claim: Claim, answer: unknown) => Promise<boolean>;

async function storeSealed(db: Queryable, { orgId, key, holder }: Claim, sealed: string): Promise<boolean> {
  return (await db.run(sql`update idempotency set status = 200, answer = ${JSON.stringify(sealed)} where org_id = ${orgId} and key = ${key} and holder = ${holder} and status is null`)) > 0;
}

/** Writes the answer with what it tells of; rolls both back where a repetition has taken over meanwhile. */
async function keepIn(store: Store, tx: Tx, claim: Claim, answer: unknown): Promise<void> {
  if (!(await store(tx, claim, answer))) throw new Fault('conflict', 'A repetition of this request has taken over; ask again for its answer.', { retryAfterSeconds });
}

/** A kept answer; those of before they were sealed are objects. */
function opened(answers: Sealer, kept: unknown): unknown {
  if (typeof kept !== 'string') return kept;
  try {
    return JSON.parse(answers.unseal(kept));
  } catch {
    throw new Fault('gone', 'This was done, but its answer was kept under another secret of the platform and cannot be read any more.');
  }
}

/** Undefined when the request is the first under its key, or takes over from one that died; else the answer of the first, which is waited for while it runs. */
async function firstOrAnswer(db: Database, claim: Claim): Promise<{ answer: unknown } | undefined> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    if (await take(db, claim)) return undefined;
    const row = await db.maybe<{ request_hash: Buffer; answer: unknown; status: number | null }>(sql`select request_hash, answer, status from idempotency
      where org_id = ${claim.orgId} and key = ${claim.key}`);
    // It was refused in the meantime: the key is free again.
    if (!row) continue;
    if (!row.request_hash.equals(claim.hash)) throw new Fault('idempotency_conflict', 'This Idempotency-Key was used for another request.');
    if (row.status !== null) return { answer: row.answer };
    if (Date.now() > deadline) throw new Fault('conflict', 'The first request with this Idempotency-Key is still running; ask again later.', { retryAfterSeconds });
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}

/** Takes the key, when nobody has it or who had it died before an answer. */
async function take(db: Database, { orgId, key, operation, hash, holder }: Claim): Promise<boolean> {
  const until = sql`clock_timestamp() + make_interval(secs => ${leaseSeconds})`;
  const taken = await db.run(sql`insert into idempotency (org_id, key, operation, request_hash, held_until, holder) values (${orgId}, ${key}, ${operation}, ${hash}, ${until}, ${holder})
    on conflict (org_id, key) do update set held_until = excluded.held_until, holder = excluded.holder
    where idempotency.status is null and idempotency.held_until < clock_timestamp() and idempotency.request_hash = excluded.request_hash`);
  return taken > 0;
}

/** A renewal that fails is made up for by the next; when none comes through, the work cannot be stored either. */
async function renew(db: Database, { orgId, key, holder }: Claim): Promise<void> {
  await db.run(sql`update idempotency set held_until = clock_timestamp() + make_interval(secs => ${leaseSeconds}) where org_id = ${orgId} and key = ${key} and holder = ${holder} and status is null`).catch(() => undefined);
}

function fingerprint(request: { caller: Caller; operation: string; input: unknown }): Buffer {
  const { params, query, body } = request.input as { params: unknown; query: unknown; body: unknown };
  return createHash('sha256').update(JSON.stringify([request.caller.userId, request.operation, params, query, body])).digest();
}
