import type { AnalyticManifest } from '@fovea/contract';
import type { Database } from '../../engines/database/database.ts';
import type { Outbound } from '../../engines/outbound/outbound.ts';
import type { Logger } from '../../logger.ts';
import type { AnalyticsService } from '../analytics/service.ts';
import { selectJob, type StoredJob } from '../jobs/store.ts';
import type { RunsService } from '../runs/service.ts';
import { builtinRunner } from './builtin.ts';
import { containerRunner, findContainerEngine, type ContainerProtocol, type ContainerRunnerDeps } from './container.ts';
import { httpRunner } from './http.ts';
import { onnxRunner } from './onnx.ts';
import { processRunner } from './process.ts';
import type { Runner } from './runner.ts';

/** What a door says of a job whose container speaks its protocol; undefined where the job is not of that door. */
export type ProtocolFinder = (job: StoredJob) => ContainerProtocol | undefined;

export type Runners = Record<AnalyticManifest['runtime']['kind'], Runner>;

export interface RunnerDeps {
  db: Database;
  outbound: Outbound;
  logger: Logger;
  runs: RunsService;
  analytics: AnalyticsService;
  containerProtocols: readonly ProtocolFinder[];
}

/** A runner for every kind of analytic. What the machine offers is looked for when the first job of a kind comes. */
export function jobRunners({ db, outbound, logger, runs, analytics, containerProtocols }: RunnerDeps): { runners: Runners; close(): Promise<void> } {
  const builtin = builtinRunner();
  const program = lazily(() => processRunner());
  const analyticOf = async (jobId: string): Promise<string> => {
    const job = await selectJob(db, jobId, { deleted: true });
    if (!job) throw new Error(`The job ${jobId} has no row.`);
    return job.analyticId;
  };
  const protocolOf: ContainerRunnerDeps['protocolOf'] = async (jobId) => {
    const job = await selectJob(db, jobId);
    return job && containerProtocols.map((find) => find(job)).find((protocol) => protocol !== undefined);
  };
  const runners: Runners = {
    builtin,
    onnx: onnxRunner(builtin),
    process: program,
    typescript: program,
    http: httpRunner({ outbound, addresses: runs.addresses, takeReport: runs.takeReport, takeUploads: runs.takeUploads, secretOf: async (_analytic, jobId) => analytics.secretOf(await analyticOf(jobId)) }),
    container: lazily(() => containerRunner({ engine: findContainerEngine(), protocolOf, wantedImages: analytics.withFiles, logger })),
  };
  return {
    runners,
    close: async () => {
      for (const runner of Object.values(runners)) await runner.close();
    },
  };
}

/** A runner that is made when it is first needed. */
function lazily(make: () => Runner): Runner {
  let made: Runner | undefined;
  return { run: (request) => (made ??= make()).run(request), close: async () => made?.close() };
}
