import type { Item } from '@fovea/contract';
import { fovea } from '../../api/client.ts';
import { explain } from '../../api/errors.ts';
import { noticeSession } from '../../api/query-client.ts';
import { texts } from '../../texts.ts';
import { bulkTexts } from '../../texts-bulk.ts';
import { notify } from '../../ui/notices.ts';
import { replaceInLists } from './item-list.ts';

const concurrency = 6;

/** Does something to each item, a few at a time; answers those it worked for, and tells of the others. */
async function forEachItem<T>(items: readonly T[], change: (item: T) => Promise<unknown>): Promise<T[]> {
  const done: T[] = [];
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

/** Brings deleted items back. */
export async function restoreMany(items: readonly Pick<Item, 'id'>[], refresh: () => Promise<unknown>): Promise<void> {
  const done = await forEachItem(items, (item) => fovea.items.restore(item.id));
  await refresh();
  if (done.length > 0) notify({ tone: 'good', text: texts.dataset.restoredMany(done.length) });
}

/** Gives items other paths; `refresh` is called when all was tried. */
export async function moveMany(moves: readonly Pick<Item, 'id' | 'path'>[], refresh: () => Promise<unknown>): Promise<void> {
  const done = await forEachItem(moves, ({ id, path }) => fovea.items.update(id, { path }));
  await refresh();
  if (done.length > 0) notify({ tone: 'good', text: bulkTexts.movedMany(done.length) });
}
