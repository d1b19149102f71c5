import type { AnalyticResult, AnalyticTask } from '@fovea/analytics/analytic.ts';
import type { AnalyticManifest } from '@fovea/contract';

/** What a runner is asked to do. Everything it writes goes below `task.outputDir`. */
export interface RunRequest {
  manifest: AnalyticManifest;
  task: AnalyticTask;
  /** The job's own folder, gone afterwards; `task.outputDir` is `out` in it. */
  folder: string;
  /** Which job, and which queueing of it; a second try of the same queueing has the same two. */
  job: { id: string; ticket: number; /** It was sent to a GPU. */ gpu?: boolean };
  /** Given where a run that only waits for an answer may end with {@link AnswerLater}, and is called again when the answer is there. */
  later?: { /** The task was sent before. */ asked: boolean; /** When the answer comes too late, in milliseconds since 1970. */ untilMs: number };
  /** The files that were uploaded with the analytic: path in it → path here. */
  files: Readonly<Record<string, string>>;
}

/** Runs analytics of one kind. Throws InputError when the input is at fault, RunnerError when the platform is, anything else when the analytic is. */
export interface Runner {
  run(request: RunRequest): Promise<AnalyticResult>;
  close(): Promise<void>;
}

/** The platform could not run it, through no fault of the analytic or its input; tried again elsewhere. */
export class RunnerError extends Error {
  override name = 'RunnerError';
}

/** This platform lacks what the job needs to run; it is not tried again. */
export class RunnerMissing extends Error {
  override name = 'RunnerMissing';
}

/** The task is with somebody who answers later: nothing is left to do until then. */
export class AnswerLater extends Error {
  override name = 'AnswerLater';
}
