import { toObjectId } from '@fovea/contract';
import type { Tx } from '../../engines/database/database.ts';
import { callTarget } from '../../events/callback-address.ts';
import type { DeliveryKind } from '../../events/deliveries/service.ts';
import type { StoredBatch } from '../../labeling/batches/store.ts';
import type { StoredTask } from '../../labeling/tasks/store.ts';
import { nameOf, type ScaleProjects } from './projects.ts';
import { showBatch, showCounts } from './batches.ts';
import { callbackAuthKey } from './callback-auth.ts';
import { origin, type Mode, type ScaleDeps } from './context.ts';
import type { Links } from './links.ts';
import { namesFor, showTask } from './show-task.ts';
import { platformFor } from './tasks.ts';

/** Twenty tries after the first, within 24 hours even when every pause is a tenth longer. */
export const pausesSeconds = [15, 30, 60, 120, 240, 480, 960, 1_800, 3_600, ...Array.from({ length: 11 }, () => 6_300)];

const kindOf = (mode: Mode, what: 'task' | 'batch') => `scale.${mode}.${what}`;

/** Declares how callbacks are sent, and sends them when tasks and batches end. */
export function callbacks(deps: ScaleDeps, projects: ScaleProjects, links: Links) {
  const { rooms, settings, engines } = deps;
  const kind = (mode: Mode, ended?: DeliveryKind['ended']): DeliveryKind => ({
    headers: async (delivery) => ({ 'scale-callback-auth': callbackAuthKey(settings.secret, delivery.orgId, mode) }),
    pausesSeconds,
    ...(ended ? { ended } : {}),
  });
  for (const mode of ['live', 'test'] as const) {
    rooms.deliveries.kind(kindOf(mode, 'task'), kind(mode, (delivery, arrived) => rooms.tasks.called(delivery.subjectId, arrived)));
    rooms.deliveries.kind(kindOf(mode, 'batch'), kind(mode));
  }

  async function payloadOf(tx: Tx, task: StoredTask): Promise<string> {
    const shown = showTask(task, await namesFor(deps, platformFor(task), [task], tx), links);
    return JSON.stringify({ task_id: shown['task_id'], status: shown['status'], response: shown['response'] ?? null, task: shown });
  }

  /** Sends a task's callback to where it says, else to where the account says; gives whether there is such a place. */
  async function send(tx: Tx, task: StoredTask, eventType: string): Promise<boolean> {
    const to = task.callbackUrl ?? (await projects.callbackUrl(platformFor(task), task.projectId, tx));
    if (to === null) return false;
    const { orgId, projectId } = task;
    await rooms.deliveries.send(tx, { kind: kindOf(task.test ? 'test' : 'live', 'task'), orgId, projectId, url: callTarget(to), eventType, subjectId: task.id, payload: await payloadOf(tx, task) });
    return true;
  }

  rooms.tasks.onEnded(async (tx, task, what) => {
    if (task.origin !== origin || (what === 'reviewed' && task.reviewStatus === 'commented')) return;
    await send(tx, task, `task.${what}`);
  });

  rooms.tasks.onBatchEnded(async (tx, batch) => {
    if (batch.origin !== origin || batch.callbackUrl === null) return;
    await sendBatch(tx, batch, batch.callbackUrl);
  });

  async function sendBatch(tx: Tx, batch: StoredBatch, url: string): Promise<void> {
    const [project] = await rooms.projects.find(platformFor(batch), { ids: [batch.projectId] }, tx);
    const payload = JSON.stringify({ batch_id: toObjectId(batch.id), batch: showBatch(batch, project ? nameOf(project) : ''), status: showCounts(batch) });
    const { orgId, projectId, id: subjectId } = batch;
    await rooms.deliveries.send(tx, { kind: kindOf(batch.test ? 'test' : 'live', 'batch'), orgId, projectId, url: callTarget(url), eventType: 'batch.completed', subjectId, payload });
  }

  return {
    /** Sends a finished task's callback once more; gives whether there is a place that it can be sent to. */
    again: (task: StoredTask): Promise<boolean> => engines.db.tx((tx) => send(tx, task, 'task.repeated')),
  };
}
