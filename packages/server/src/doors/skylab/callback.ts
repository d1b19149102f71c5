import { createHmac } from 'node:crypto';
import { selectJob } from '../../compute/jobs/store.ts';
import type { StoredJob } from '../../compute/jobs/store.ts';
import { systemCaller } from '../../identity/caller.ts';
import { sealer, type Sealer } from '../../engines/seal.ts';
import { datasetName, jobFolder, jobNotes, origin, photosIn, profileOf, type SkylabDeps } from './context.ts';
import { storageUrls } from './storage-urls.ts';
import { jobView, wireState } from './views.ts';

/** Where an account keeps its callback secret: in the metadata of its project. */
export const secretSetting = 'skylabCallbackSecret';

/** Base64 of HMAC-SHA256 under the secret, over the timestamp header, a colon and exactly the body's bytes. */
export function callbackSignature(secret: string, timestamp: string, body: string): string {
  return createHmac('sha256', secret).update(`${timestamp}:${body}`).digest('base64');
}

/** Closes the keys that jobs were queued with. */
export const keySealer = (secret: string): Sealer => sealer(secret, 'skylab callback key');

const toldStates = new Set(['queued', 'complete', 'error']);

/** Tells the address that a job was queued with of its moves to queued, complete and error. */
export function callbacks(deps: SkylabDeps): void {
  const { db } = deps.engines;
  const { deliveries, jobs, projects, datasets } = deps.rooms;

  async function secretOf(orgId: string, projectId: string, jobId: string): Promise<string> {
    const project = await projects.get(systemCaller(orgId), projectId);
    const own = project.metadata[secretSetting];
    if (typeof own === 'string' && own !== '') return own;
    const job = await selectJob(db, jobId, { deleted: true });
    const sealed = job && jobNotes(job).callbackKey;
    if (sealed === undefined) throw new Error(`The job ${jobId} has a callback and no key to sign it with.`);
    return keySealer(deps.settings.secret).unseal(sealed);
  }

  deliveries.kind(origin, {
    pausesSeconds: [2, 8],
    async headers(delivery) {
      const timestamp = new Date().toUTCString();
      const secret = await secretOf(delivery.orgId, delivery.projectId ?? '', delivery.subjectId);
      return { 'x-skylab-timestamp': timestamp, 'x-skylab-signature': callbackSignature(secret, timestamp, delivery.payload) };
    },
  });

  jobs.onMoved(async (tx, job: StoredJob, before: StoredJob) => {
    const state = wireState(job);
    if (job.origin !== origin || job.callbackUrl === null || state === wireState(before) || !toldStates.has(state)) return;
    const dataset = await datasets.get(systemCaller(job.orgId), datasetName, { project: job.projectId });
    const { origin: reached = deps.settings.publicUrl() } = jobNotes(job);
    const urls = storageUrls({ ...deps.settings, publicUrl: () => reached });
    const view = jobView(job, await photosIn(tx, dataset.id, jobFolder(job.number)), await profileOf(tx, job), urls);
    await deliveries.send(tx, { kind: origin, orgId: job.orgId, projectId: job.projectId, url: job.callbackUrl, method: 'PATCH', eventType: `job.${state}`, subjectId: job.id, payload: JSON.stringify(view) });
  });
}
