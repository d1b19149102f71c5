import { createHmac } from 'node:crypto';
import type { Tx } from '../engines/database/database.ts';
import type { Database } from '../engines/database/database.ts';
import { authorize } from '../identity/access.ts';
import type { Caller } from '../identity/caller.ts';
import type { JobsService } from '../compute/jobs/service.ts';
import { selectCallbackUrl } from '../identity/projects/store.ts';
import { toJob } from '../compute/jobs/store.ts';
import { toBatch } from '../labeling/batches/store.ts';
import type { TasksService } from '../labeling/tasks/service.ts';
import { toTask } from '../labeling/tasks/store.ts';
import { callTarget } from './callback-address.ts';
import { patientPauses, type DeliveriesService } from './deliveries/service.ts';
import { standardHeaders } from './webhooks/sign.ts';

const kind = 'callback';
const ended = new Set(['complete', 'failed', 'cancelled']);
export type CallbacksService = ReturnType<typeof callbacksService>;

/**
 * Calls of the `callbackUrl` of tasks (else of their project), batches and jobs when they end, in the form of Standard Webhooks, signed with a secret of the
 * project. Those that came through a vendor's door are called by the door, in its own form.
 */
export function callbacksService(deps: { db: Database; deliveries: DeliveriesService; tasks: TasksService; jobs: JobsService; settings: { secret: string } }) {
  const { db, deliveries, tasks, jobs, settings } = deps;

  /** Never stored: it follows from the platform's own secret. */
  const secretOf = (projectId: string): string => `whsec_${createHmac('sha256', settings.secret).update(`callbacks:${projectId}`).digest('base64')}`;

  deliveries.kind(kind, {
    headers: async (delivery) => standardHeaders({ id: delivery.id, body: delivery.payload, secrets: [secretOf(delivery.projectId ?? '')] }),
    pausesSeconds: patientPauses,
    ended: async (delivery, arrived) => {
      if (delivery.eventType.startsWith('task.')) await tasks.called(delivery.subjectId, arrived);
    },
  });

  async function send(tx: Tx, of: { id: string; orgId: string; projectId: string; callbackUrl: string | null }, type: string, data: unknown): Promise<void> {
    if (of.callbackUrl === null) return;
    const payload = JSON.stringify({ type, timestamp: new Date().toISOString(), data });
    await deliveries.send(tx, { kind, orgId: of.orgId, projectId: of.projectId, url: callTarget(of.callbackUrl), eventType: type, subjectId: of.id, payload });
  }

  tasks.onEnded(async (tx, task, what) => {
    if (task.origin === null) await send(tx, { ...task, callbackUrl: task.callbackUrl ?? (await selectCallbackUrl(tx, task.projectId)) }, `task.${what}`, toTask(task));
  });
  tasks.onBatchEnded(async (tx, batch) => {
    if (batch.origin === null) await send(tx, batch, 'batch.completed', toBatch(batch));
  });
  jobs.onMoved(async (tx, job, before) => {
    if (job.origin === null && ended.has(job.status) && job.status !== before.status) await send(tx, job, `job.${job.status === 'complete' ? 'completed' : job.status}`, toJob(job));
  });

  return {
    /** What callbacks of the project are signed with. */
    async secret(caller: Caller, projectId: string): Promise<{ secret: string }> {
      await authorize(db, caller, projectId, { role: 'manager', scope: 'admin' });
      return { secret: secretOf(projectId) };
    },
  };
}
