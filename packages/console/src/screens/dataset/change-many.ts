import type { Item } from '@fovea/contract';
import { fovea } from '../../api/client.ts';
import { explain } from '../../api/errors.ts';
import { noticeSession } from '../../api/query-client.ts';
import { texts } from '../../texts.ts';
import { notify } from '../../ui/notices.ts';
import { replaceInLists } from './item-list.ts';

const concurrency = 6;

/** Does something to each item, a few at a time; answers those it worked for, and tells of the others. */
async function forEachItem(items: readonly Item[], change: (item: Item) => Promise<unknown>): Promise<Item[]> {
  const done: Item[] = [];
  let failed = 0;
  let reason = '';
  const waiting = items.values();
  const work = async () => {
    for (const item of waiting) {
      try {
        await change(item);
        done.push(item);
      } catch (error) {
        noticeSession(error);
        failed += 1;
        reason = explain(error);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  if (failed > 0) notify({ tone: 'bad', text: texts.dataset.someFailed(done.length, failed, reason) });
  return done;
}

/** Gives items a status. */
export async function setStatusOfMany(items: readonly Item[], status: Item['status']): Promise<void> {
  const done = await forEachItem(items, async (item) => replaceInLists(await fovea.items.update(item.id, { status })));
  if (done.length > 0) notify({ tone: 'good', text: texts.dataset.changedMany(done.length) });
}

/** Deletes items and offers to bring them back; `refresh` is called after either. */
export async function deleteMany(items: readonly Item[], refresh: () => Promise<unknown>): Promise<void> {
  const done = await forEachItem(items, (item) => fovea.items.delete(item.id));
  await refresh();
  if (done.length > 0) notify({ tone: 'plain', text: texts.dataset.deletedMany(done.length), action: { label: texts.common.undo, run: () => void restoreMany(done, refresh) } });
}

async function restoreMany(items: readonly Item[], refresh: () => Promise<unknown>): Promise<void> {
  const done = await forEachItem(items, (item) => fovea.items.restore(item.id));
  await refresh();
  if (done.length > 0) notify({ tone: 'good', text: texts.dataset.restoredMany(done.length) });
}
