import type { BlobStore } from '../../engines/blobs/blobs.ts';
import type { Database } from '../../engines/database/database.ts';
import { messageKind, type Queue } from '../../engines/queue/queue.ts';
import type { Logger } from '../../logger.ts';
import { collectBlobs } from './collect.ts';
import { sweepExpired } from '../items/expired.ts';
import { purge } from './expire.ts';

/** Deletes what has expired; every minute. */
export const expireItems = messageKind<null>('items.expire', { retries: 0, timeoutSeconds: 600 });

/** Removes for good what was deleted long ago, and the bytes that nothing refers to; every night. */
export const careForStorage = messageKind<null>('storage.care', { retries: 0, timeoutSeconds: 6 * 3_600 });

/** Bytes are kept so long after they were last stored or used, whatever refers to them. */
const graceMs = 24 * 3_600_000;

export async function workCare({ db, blobs, queue, logger }: { db: Database; blobs: BlobStore; queue: Queue; logger: Logger }): Promise<void> {
  await queue.work(expireItems, async (message) => {
    await sweepExpired(db, { signal: message.signal });
  });
  await queue.work(careForStorage, async (message) => {
    const items = await purge(db, message.signal);
    const removed = await collectBlobs({ db, blobs }, graceMs, message.signal);
    if (items + removed.blobs > 0) logger.info({ items, ...removed }, 'storage was tidied');
  });
  await queue.schedule(expireItems, '* * * * *');
  await queue.schedule(careForStorage, '17 3 * * *');
}
