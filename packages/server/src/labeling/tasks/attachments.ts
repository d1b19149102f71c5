import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { pathFault, type Item } from '@fovea/contract';
import type { DatasetAccess } from '../../catalog/datasets/access.ts';
import type { DatasetsService } from '../../catalog/datasets/service.ts';
import type { ItemsService } from '../../catalog/items/service.ts';
import { violatedConstraint, type Database } from '../../engines/database/database.ts';
import { OutboundError, type Outbound } from '../../engines/outbound/outbound.ts';
import { Fault } from '../../fault.ts';
import { systemCaller, type Caller } from '../../identity/caller.ts';
import type { AnnotationInput } from '../annotations/new-row.ts';
import type { AnnotationsService } from '../annotations/service.ts';
import { attachmentsOf } from '../task-types/params.ts';
import type { TaskPreparation } from './background.ts';
import type { TasksService } from './service.ts';
import type { StoredTask } from './store.ts';

/** Why an attachment could not be had. */
export interface AttachmentFailure {
  url: string;
  /** HTTP status of the answer, or the nearest one for what happened instead: 403 refused, 413 too large, 502 no answer, 504 too late. */
  statusCode: number;
  message: string;
}
export type FetchedAttachment = { item: Item } | { failure: AttachmentFailure };
export type AttachmentsService = ReturnType<typeof attachmentsService>;

/** Files larger than this are uploaded, not attached. */
export const maxAttachmentBytes = 1024 ** 3;
const datasetName = 'attachments';
/** What has just been fetched is looked at by another worker; meanwhile this one waits. */
const lookWaitMs = 30_000;
const lookPauseMs = 100;
/** Pauses before another try after a failure that may pass. */
const retryPausesMs = [500, 2_000];

/** Attachments: files that tasks name by URL become items of the dataset "attachments" of their project. */
export function attachmentsService(deps: { db: Database; outbound: Outbound; datasets: DatasetsService; items: ItemsService; annotations: AnnotationsService; tasks: TasksService }) {
  const { db, outbound, datasets, items, annotations, tasks } = deps;

  async function place(caller: Caller, projectId: string): Promise<DatasetAccess> {
    const wanted = { project: projectId, name: datasetName, description: 'Files that tasks named by URL.', metadata: {}, itemDays: null };
    return items.authorizeUpload(caller, (await datasets.ensure(caller, wanted)).id);
  }

  /** One try: the item, or what went wrong and whether it may pass. */
  async function attempt(caller: Caller, dataset: DatasetAccess, url: string, signal: AbortSignal): Promise<FetchedAttachment & { passing?: boolean }> {
    try {
      const answer = await outbound.request({ url, timeoutMs: 30_000, maxRedirects: 5, signal });
      if (answer.status < 200 || answer.status > 299) {
        answer.body.destroy();
        return { failure: { url, statusCode: answer.status, message: `The address answered ${answer.status}.` }, passing: answer.status >= 500 || answer.status === 429 };
      }
      const blob = { rule: 'error' as const, metadata: { url }, maxBytes: maxAttachmentBytes };
      const { item } = await items.upload(caller, dataset, { ...blob, path: pathOf(url) }, answer.body).catch(async (error: unknown) => {
        if (!(error instanceof Fault) || error.code !== 'conflict') throw error;
        // The address gives other bytes than before: both are kept, the tasks of then keep theirs.
        const again = await outbound.request({ url, timeoutMs: 30_000, maxRedirects: 5, signal });
        return items.upload(caller, dataset, { ...blob, path: pathOf(url, Date.now().toString(36)) }, again.body);
      });
      return { item };
    } catch (error) {
      const failure = failureOf(url, error);
      if (failure === undefined || signal.aborted) throw error;
      return failure;
    }
  }

  async function fetch(task: Pick<StoredTask, 'orgId' | 'projectId'>, url: string, signal: AbortSignal): Promise<FetchedAttachment> {
    const caller = systemCaller(task.orgId);
    const dataset = await place(caller, task.projectId);
    for (let tries = 0; ; tries++) {
      const result = await attempt(caller, dataset, url, signal);
      const wait = retryPausesMs[tries];
      if ('item' in result || !result.passing || wait === undefined) return result;
      await pause(wait, undefined, { signal });
    }
  }

  async function lookedAt(task: Pick<StoredTask, 'orgId'>, itemIds: Iterable<string>, signal: AbortSignal): Promise<void> {
    const deadline = Date.now() + lookWaitMs;
    for (const itemId of itemIds) {
      while ((await items.get(systemCaller(task.orgId), itemId)).probe === 'pending') {
        if (Date.now() > deadline) throw new Error(`The attachment ${itemId} has not been looked at yet.`);
        await pause(lookPauseMs, undefined, { signal });
      }
    }
  }

  /** Gives the task its item with the pre-labels that waited for it; the task fails when one of those does not fit. */
  async function attach(task: StoredTask, item: Item, signal: AbortSignal): Promise<void> {
    const by = { ...systemCaller(task.orgId), email: task.createdBy };
    const waiting = waitingPrelabels(task);
    if (waiting.length > 0) await lookedAt(task, [item.id], signal);
    const { rows, faults } = await annotations.prelabels(by, task.id, waiting.map((content) => ({ itemId: item.id, content })));
    if (faults.length > 0) {
      const hypothesis = faults.slice(0, 100).map(({ index, message }) => ({ path: `hypothesis.${index}`, message }));
      await tasks.fail(platform(task), task.id, { message: 'The pre-labels do not fit the attachment.', hypothesis });
      return;
    }
    try {
      await db.tx((tx) => tasks.attach(tx, task.id, { item, prelabels: { by, rows } }));
    } catch (error) {
      if (violatedConstraint(error) !== 'annotations_pkey') throw error;
      await tasks.fail(platform(task), task.id, { message: 'An annotation with one of the ids in the hypothesis exists already.' });
    }
  }

  return {
    /** Fetches a URL into the task's project: the same address with the same bytes is the same item. Tries again where that may help. */
    fetch,

    /** Waits until the sizes and frames of items are known, by which pre-labels are checked. Throws when that takes too long: the preparation is tried again. */
    lookedAt,

    /** The item in the task's project; one of another project of the organisation is adopted, which costs no bytes. */
    async adopt(task: Pick<StoredTask, 'orgId' | 'projectId'>, itemId: string): Promise<Item> {
      const caller = systemCaller(task.orgId);
      const item = await items.get(caller, itemId);
      if (item.projectId === task.projectId) return item;
      const dataset = await place(caller, task.projectId);
      const path = `/files/${item.id}/${item.name}`;
      return (await items.adopt(caller, dataset, { path, rule: 'replace', blob: { sha256: item.sha256, size: item.sizeBytes } })).item;
    },

    /** Fetches the attachments of a task that came through the native API; the task fails when one cannot be had. */
    prepareNative: (async (task, signal) => {
      if (task.origin !== null) return;
      if (task.test) return tasks.finishTest(task);
      if (task.attachment === null || task.itemId !== null) return;
      // Where a type has several attachments, all must be there; the first is what is shown.
      const given = attachmentsOf(task.type, task.params).map(({ url }) => url);
      const urls = [...new Set([task.attachment, ...given])];
      let first: Item | undefined;
      for (const url of urls) {
        const result = await fetch(task, url, signal);
        if ('failure' in result) {
          await tasks.fail(platform(task), task.id, { message: 'The attachment could not be fetched.', attachments: [result.failure] });
          return;
        }
        first ??= result.item;
      }
      if (first) await attach(task, first, signal);
    }) satisfies TaskPreparation,
  };
}

const platform = ({ orgId }: StoredTask) => ({ orgId, email: 'system@fovea' });

/** Pre-labels that came with the task, checked as part of its request. */
function waitingPrelabels(task: StoredTask): AnnotationInput[] {
  return (task.extra as { hypothesis?: AnnotationInput[] } | null)?.hypothesis ?? [];
}

function failureOf(url: string, error: unknown): (FetchedAttachment & { passing?: boolean }) | undefined {
  if (error instanceof OutboundError) {
    const statusCode = { refused: 403, unreachable: 502, timeout: 504, too_many_redirects: 508 }[error.code];
    return { failure: { url, statusCode, message: error.message }, passing: error.code === 'unreachable' || error.code === 'timeout' };
  }
  if (error instanceof Fault && error.code === 'too_large') return { failure: { url, statusCode: 413, message: error.message } };
  const { code } = error as { code?: string };
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') return { failure: { url, statusCode: 502, message: 'The connection broke off.' }, passing: true };
  return undefined;
}

/** Where the file of a URL lies: by host and path, so that a person finds it; a query is told apart by its digest. */
export function pathOf(url: string, mark?: string): string {
  const { host, pathname, search } = new URL(url);
  const parts = pathname.split('/').filter((part) => part !== '').map(segment);
  const last = parts.pop() ?? 'index';
  const marks = [...(search === '' ? [] : [createHash('sha256').update(search).digest('hex').slice(0, 10)]), ...(mark === undefined ? [] : [mark])];
  const path = `/${[segment(host), ...parts, ...marks, last].join('/')}`;
  return pathFault(path) === undefined ? path : `/${createHash('sha256').update(`${url}${mark ?? ''}`).digest('hex')}`;
}

function segment(part: string): string {
  let text = part;
  try {
    text = decodeURIComponent(part);
  } catch {
    // Not percent-encoded text: kept as it stands.
  }
  const clean = text.replace(/[\u0000-\u001f\u007f/\\]/g, '_');
  return clean === '.' || clean === '..' ? `_${clean}` : clean;
}
