import type { Batch, Dataset } from '@fovea/contract';
import type { stepTexts } from '../../texts-steps.ts';

/** What is known of a project that somebody sets up. */
export interface Progress {
  projectId: string;
  datasets: readonly Pick<Dataset, 'id' | 'itemCount'>[];
  recipes: number;
  batches: readonly Pick<Batch, 'id' | 'status' | 'counts'>[];
  /** Versions of the largest dataset. */
  versions: number;
}

export const stepCount = 6;

/** The first thing that is still to be done, how many come before it, and where it is done; undefined when all is. */
export function nextStep({ projectId, datasets, recipes, batches, versions }: Progress) {
  const [largest] = datasets.toSorted((a, b) => b.itemCount - a.itemCount);
  const project = `/projects/${projectId}`;
  const step = (name: keyof typeof stepTexts.steps, done: number, path: string) => ({ name, done, path });
  if (!largest) return step('dataset', 0, project);
  if (largest.itemCount === 0) return step('files', 1, `/datasets/${largest.id}`);
  if (recipes === 0) return step('recipe', 2, `${project}/recipes`);
  const [batch] = batches.filter(({ status }) => status !== 'cancelled');
  if (!batch) return step('batch', 3, `${project}/batches`);
  const isOpened = batches.some(({ status }) => status === 'in_progress' || status === 'completed');
  if (!isOpened) return step('open', 4, `/batches/${batch.id}`);
  const sum = (of: 'completed' | 'submitted') => batches.reduce((total, { counts }) => total + counts[of], 0);
  if (sum('completed') + sum('submitted') === 0) return step('label', 4, `${project}/next`);
  if (sum('completed') === 0) return step('review', 5, `${project}/review`);
  if (versions === 0) return step('version', 5, `/datasets/${largest.id}/versions`);
  return undefined;
}
