import type { AnnotationContent } from '@fovea/contract';

/** One input file of a run, on the local disk. */
export interface InputFile {
  /** Name as the user knows it, e.g. `portrait.jpg`; not a path. */
  name: string;
  /** Where the bytes are. Read only. */
  path: string;
  mediaType: string;
  /** The item it came from, where there is one. */
  itemId?: string;
}

/** What a built-in analytic is given. Everything it writes goes below `outputDir`. */
export interface AnalyticTask {
  inputs: Record<string, InputFile[]>;
  /** Validated against the manifest, defaults filled in; parameters of type `file` are InputFile. */
  parameters: Record<string, unknown>;
  outputDir: string;
  /** Fraction done, 0 to 1, with a word about what is being done. */
  progress(fraction: number, message?: string): void;
  log(line: string): void;
  /** Aborted when the job is cancelled or its time is up; long loops check it. */
  signal: AbortSignal;
}

/** A file that a run made. */
export interface OutputFile {
  /** The output of the manifest that it belongs to. */
  output: string;
  path: string;
  /** Name that the user gets. */
  name: string;
  mediaType: string;
  /** The input file it was made from, for outputs with `many`. */
  from?: InputFile;
}

/** Annotations that a run found on one input. */
export interface OutputLabels {
  output: string;
  from: InputFile;
  annotations: AnnotationContent[];
}

/** An input that could not be processed while others were; a run in which every input failed throws instead. */
export interface InputFailure {
  from: InputFile;
  message: string;
}

export interface AnalyticResult {
  files: OutputFile[];
  labels?: OutputLabels[];
  failures?: InputFailure[];
  /** Small JSON facts for the job page: counts, figures, histograms. */
  summary?: Record<string, unknown>;
}

/** Thrown by an analytic when the input is at fault: the job fails with cause `user`, anything else is `analytic`. */
export class InputError extends Error {
  override name = 'InputError';
}

/** The default export of `analytics/<name>/run.ts`. */
export type RunAnalytic = (task: AnalyticTask) => Promise<AnalyticResult>;
