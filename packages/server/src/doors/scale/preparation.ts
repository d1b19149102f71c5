import { buffer } from 'node:stream/consumers';
import { fromObjectId, toObjectId, type Item } from '@fovea/contract';
import { Fault } from '../../fault.ts';
import type { AttachmentFailure } from '../../labeling/tasks/attachments.ts';
import type { TaskPreparation } from '../../labeling/tasks/background.ts';
import type { StoredTask } from '../../labeling/tasks/store.ts';
import { origin, type ScaleDeps } from './context.ts';
import { prelabelsOf } from './hypothesis.ts';
import { attachmentsOf, familyOf } from '../../labeling/task-types/params.ts';
import type { Json } from '../../labeling/task-types/work.ts';
import { taskFacts } from './show-task.ts';
import { factsOf } from './projects.ts';
import { completeTest, platformFor } from './tasks.ts';
import { isHttpUrl } from './wire.ts';

const inParallel = 4;
/** Files of pre-labels are read whole. */
const maxPrelabelBytes = 64 * 1024 ** 2;
const notDownloaded = 'One or more attachments could not be downloaded.';

/** The address of an uploaded file: organisation and item. */
export function fileAddress(orgId: string, itemId: string): string {
  return `scaledata://${toObjectId(orgId)}/${toObjectId(itemId)}`;
}

/** What happens to a new task before people see it: attachments become items, pre-labels become drafts; test tasks complete themselves. */
export function preparation(deps: ScaleDeps): TaskPreparation {
  const { rooms, engines } = deps;

  async function fileOf(task: StoredTask, url: string): Promise<{ item: Item } | { failure: AttachmentFailure }> {
    const missing = { failure: { url, statusCode: 404, message: 'There is no such file.' } };
    const [, org, file] = /^scaledata:\/\/([0-9a-f]{24})\/([0-9a-f]{24})$/i.exec(url) ?? [];
    const itemId = file === undefined ? undefined : fromObjectId(file.toLowerCase());
    if (itemId === undefined || org?.toLowerCase() !== toObjectId(task.orgId)) return missing;
    try {
      const { projectId } = await rooms.items.get(platformFor(task), itemId);
      const [project] = await rooms.projects.find(platformFor(task), { ids: [projectId] });
      if (!project || (factsOf(project).test ?? false) !== task.test) return missing;
      return { item: await rooms.attachments.adopt(task, itemId) };
    } catch (error) {
      if (error instanceof Fault && error.code === 'not_found') return missing;
      throw error;
    }
  }

  async function fetchOne(task: StoredTask, url: string, signal: AbortSignal): Promise<{ item: Item } | { failure: AttachmentFailure }> {
    if (/^scaledata:/i.test(url)) return fileOf(task, url);
    if (isHttpUrl(url)) return rooms.attachments.fetch(task, url, signal);
    return { failure: { url, statusCode: 400, message: 'Attachments are addresses that begin with http, https or scaledata.' } };
  }

  /** All attachments, a few at a time; fails with the ones that could not be had. */
  async function fetchAll(task: StoredTask, signal: AbortSignal): Promise<{ items: (string | null)[]; first?: Item } | { failures: { index: number; failure: AttachmentFailure }[] }> {
    const wanted = attachmentsOf(task.type, task.params);
    const items: (string | null)[] = Array.from({ length: (wanted.at(-1)?.index ?? -1) + 1 }, () => null);
    const failures: { index: number; failure: AttachmentFailure }[] = [];
    let first: { index: number; item: Item } | undefined;
    const queue = wanted.values();
    const worker = async (): Promise<void> => {
      for (const { index, url } of queue) {
        const result = await fetchOne(task, url, signal);
        if ('failure' in result) failures.push({ index, failure: result.failure });
        else {
          items[index] = result.item.id;
          if (first === undefined || index < first.index) first = { index, item: result.item };
        }
      }
    };
    await Promise.all(Array.from({ length: inParallel }, worker));
    if (failures.length > 0) return { failures: failures.sort((a, b) => a.index - b.index) };
    return { items, ...(first ? { first: first.item } : {}) };
  }

  /** Pre-labels as drafts on the task's items, and what is to be said about those that cannot be. */
  async function drafts(task: StoredTask, items: readonly (string | null)[], signal: AbortSignal) {
    const { drafts: found, unread } = await prelabelsOf(task, (url) => bytesOf(task, url, signal));
    const placed = found.flatMap(({ page, content }) => (items[page] ? [{ itemId: items[page], content }] : []));
    await rooms.attachments.lookedAt(task, new Set(placed.map(({ itemId }) => itemId)), signal);
    const { rows } = await rooms.annotations.prelabels(platformFor(task), task.id, placed);
    const refused = unread + found.length - rows.length;
    const note = refused === 0 ? undefined : `${refused} of the pre-labels cannot be read or do not fit the attachment, and were left out.`;
    return { rows, note };
  }

  async function bytesOf(task: StoredTask, url: string, signal: AbortSignal): Promise<Buffer | undefined> {
    const fetched = await fetchOne(task, url, signal);
    if ('failure' in fetched) return undefined;
    const { item, read } = await rooms.items.open(platformFor(task), fetched.item.id);
    return item.sizeBytes > maxPrelabelBytes ? undefined : buffer(await read());
  }

  return async (task, signal) => {
    if (!isOurs(task.origin)) return;
    if (task.test) return task.origin === origin ? completeTest(deps, task) : undefined;
    if (task.itemId !== null || task.attachment === null) return;
    const result = await fetchAll(task, signal);
    if ('failures' in result) {
      const clearUniqueId = taskFacts(task).clearUniqueIdOnError ?? false;
      await rooms.tasks.fail({ orgId: task.orgId, email: 'system@fovea' }, task.id, errorResponse(task, result.failures), { clearUniqueId });
      return;
    }
    const { first, items } = result;
    if (!first) return;
    const { rows, note } = await drafts(task, items, signal);
    const extra = { ...taskFacts(task), items, ...(note === undefined ? {} : { hypothesis: note }) };
    await engines.db.tx((tx) => rooms.tasks.attach(tx, task.id, { item: first, prelabels: { by: platformFor(task), rows }, extra }));
  };
}

function isOurs(name: string | null): boolean {
  return name === origin || (name?.startsWith(`${origin}.`) ?? false);
}

/** What a task in error says; types with frames say it by frame. */
function errorResponse(task: StoredTask, failures: readonly { index: number; failure: AttachmentFailure }[]): Json {
  const family = familyOf(task.type);
  const byFrame = ['video', 'lidar', 'points'].includes(family) && Array.isArray(task.params['attachments']);
  if (byFrame) return { error: notDownloaded, frames: failures.map(({ index, failure: { url, statusCode, message } }) => ({ frame: index, message, attachment: { statusCode, url } })) };
  return { error: notDownloaded, attachments: failures.map(({ failure: { url, statusCode } }) => ({ statusCode, url })) };
}
