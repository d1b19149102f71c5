import { InputError } from '@fovea/analytics/analytic.ts';
import type { RunReport } from '@fovea/contract';
import { selectItems } from '../../catalog/items/store.ts';
import type { StoredJob } from '../../compute/jobs/store.ts';
import type { ContainerProtocol } from '../../compute/runners/container.ts';
import { RunnerMissing, type RunRequest } from '../../compute/runners/runner.ts';
import { base, type Voxel51Deps } from './context.ts';
import { extraOf as dataExtraOf } from './data.ts';
import { extraOf, runOf } from './jobs.ts';
import type { Row } from './query.ts';
import { agentKey, signedDataUrl, signedRunUrl } from './signed.ts';

/** Addresses outlive the run: the log is sent after its end. */
const marginSeconds = 3_600;

/** The protocol of section 9: a container is told where its task is, and says how it went by HTTP. */
export function workerProtocol(deps: Voxel51Deps, job: StoredJob): ContainerProtocol {
  const run = runOf(job);
  const apiBase = `${deps.settings.publicUrl()}${base}/v1`;
  return {
    platform: new URL(apiBase),
    async environment({ manifest }: RunRequest) {
      const life = (manifest.timeoutSeconds + marginSeconds) * 1_000;
      return {
        TASK_DESCRIPTION: signedRunUrl(deps.settings, run, 'task', life),
        JOB_ID: job.id,
        API_TOKEN: agentKey(deps.settings, run),
        API_BASE_URL: apiBase,
        LOGFILE_SIGNED_URL: signedRunUrl(deps.settings, run, 'logfile', life),
      };
    },
    async fault() {
      const report = await deps.rooms.runs.takeReport(run);
      return report?.status === 'failed' ? faultOf(report) : undefined;
    },
    async result(request) {
      const report = await deps.rooms.runs.takeReport(run);
      if (report?.status === 'failed') throw faultOf(report);
      const files = await deps.rooms.runs.takeUploads(run, request.task.outputDir);
      if (extraOf(job).download && files.length === 0) throw new Error('The container ended without an error but uploaded no output.');
      return { files };
    },
  };
}

/** How the failure types of the protocol are kept in a report; `PLATFORM` has no cause of its own there. */
export const platformFailure = 'The worker reported a failure of the platform.';

function faultOf(report: RunReport): Error {
  const message = report.message ?? 'The analytic reported a failure.';
  if (message.startsWith(platformFailure)) return new RunnerMissing(message);
  return report.cause === 'user' ? new InputError(message) : new Error(message);
}

/** The task description. Names of files are distinct within it, as workers store them side by side. */
export async function taskOf(deps: Voxel51Deps, job: StoredJob, lifeMs: number): Promise<Row> {
  const run = runOf(job);
  const names = new Set<string>();
  const dataParameters = (await deps.rooms.analytics.manifestOf(job.analyticId)).parameters.filter((parameter) => parameter.type === 'file').map((parameter) => parameter.name);
  const ids = [...Object.values(job.inputs).flat(), ...dataParameters.flatMap((name) => (typeof job.parameters[name] === 'string' ? [job.parameters[name]] : []))];
  const items = new Map((await selectItems(deps.engines.db, ids)).map((item) => [item.id, item]));
  const address = (id: string, of: string): Row => {
    const item = items.get(id);
    if (!item) throw new InputError(`The data '${id}' no longer exist.`);
    const { name: own } = dataExtraOf(item);
    const name = names.has(own) ? `${of}-${own}` : own;
    names.add(name);
    return { 'signed-url': signedDataUrl(deps.settings, job, { id, name }, lifeMs) };
  };
  const inputs = Object.fromEntries(Object.entries(job.inputs).flatMap(([name, [id]]) => (id === undefined ? [] : [[name, address(id, name)]])));
  const parameters = Object.fromEntries(Object.entries(job.parameters).map(([name, value]) => [name, dataParameters.includes(name) && typeof value === 'string' ? address(value, name) : value]));
  const write = (what: 'output' | 'status' | 'logfile'): Row => ({ 'signed-url': signedRunUrl(deps.settings, run, what, lifeMs) });
  return { analytic: extraOf(job).analytic, version: job.version, job_id: job.id, inputs, parameters, output: write('output'), status: write('status'), logfile: write('logfile') };
}
