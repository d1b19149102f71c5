import { createHash } from 'node:crypto';
import sql from 'sql-template-tag';
import type { Database } from '../engines/database/database.ts';
import { Fault } from '../fault.ts';
import type { Caller } from '../identity/caller.ts';

export interface Idempotency {
  /** Runs the work once for a key; a repetition gets the first answer, another request under the same key is refused. */
  once<T>(request: { caller: Caller; key: string | string[]; operation: string; input: unknown }, work: () => Promise<T>): Promise<T>;
  /** Forgets answers older than a day. */
  sweep(): Promise<number>;
}

/** Keeps answers in the database, so that a repetition finds them after a restart and on any host. */
export function idempotencyStore(db: Database): Idempotency {
  return {
    async once(request, work) {
      const key = String(request.key);
      if (key.length === 0 || key.length > 200) throw new Fault('invalid_request', 'An Idempotency-Key has 1 to 200 characters.');
      const { orgId } = request.caller;
      const hash = fingerprint(request);
      const claimed = await db.run(sql`insert into idempotency (org_id, key, operation, request_hash)
        values (${orgId}, ${key}, ${request.operation}, ${hash}) on conflict (org_id, key) do nothing`);
      if (claimed === 0) {
        const earlier = await waitForAnswer(db, orgId, key, hash);
        if (earlier.found) return earlier.answer as Awaited<ReturnType<typeof work>>;
      }
      try {
        const answer = await work();
        await db.run(sql`update idempotency set status = 200, answer = ${JSON.stringify(answer ?? null)} where org_id = ${orgId} and key = ${key}`);
        return answer;
      } catch (error) {
        // A refused request may be corrected and sent again under its key.
        await db.run(sql`delete from idempotency where org_id = ${orgId} and key = ${key} and answer is null`);
        throw error;
      }
    },
    sweep: () => db.run(sql`delete from idempotency where created_at < now() - interval '1 day'`),
  };
}

interface Row {
  operation: string;
  request_hash: Buffer;
  answer: unknown;
  status: number | null;
  age_seconds: number;
}

const waitMs = 10_000;

/** The answer of the first request; waits while that is still running, and takes over when it seems to have died. */
async function waitForAnswer(db: Database, orgId: string, key: string, hash: Buffer): Promise<{ found: boolean; answer?: unknown }> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const row = await db.maybe<Row>(sql`select operation, request_hash, answer, status, extract(epoch from now() - created_at)::float8 as age_seconds
      from idempotency where org_id = ${orgId} and key = ${key}`);
    if (!row) return { found: false };
    if (!row.request_hash.equals(hash)) throw new Fault('idempotency_conflict', 'This Idempotency-Key was used for another request.');
    if (row.status !== null) return { found: true, answer: row.answer };
    if (row.age_seconds > 60) return { found: false };
    if (Date.now() > deadline) throw new Fault('conflict', 'The first request with this Idempotency-Key is still running; ask again later.');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function fingerprint(request: { caller: Caller; operation: string; input: unknown }): Buffer {
  const { params, query, body } = request.input as { params: unknown; query: unknown; body: unknown };
  return createHash('sha256').update(JSON.stringify([request.caller.userId, request.operation, params, query, body])).digest();
}
