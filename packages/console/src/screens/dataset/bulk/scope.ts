import type { Dataset, Filter, Project } from '@fovea/contract';

/** Which items are changed together. */
export interface BulkScope {
  dataset: Dataset;
  project: Project;
  /** Finds them. */
  filter: Filter;
  count: number;
  /** The folder that is looked at: what is moved keeps its place below it. */
  folder: string;
  /** True when these are all items of the folder. */
  isWholeFolder: boolean;
}
