import type { Batch, Recipe, Task } from '@fovea/contract';
import { queryOptions } from '@tanstack/react-query';
import { fovea } from './client.ts';
import { queryClient } from './query-client.ts';

export const taskQuery = (id: string) => queryOptions({ queryKey: ['tasks', id], queryFn: (): Promise<Task> => fovea.tasks.get(id) });
export const batchQuery = (id: string) => queryOptions({ queryKey: ['batches', id], queryFn: (): Promise<Batch> => fovea.batches.get(id) });

/** A recipe: the version that a task was made with never changes, the newest may. */
export const recipeQuery = (id: string, version: number | null) =>
  queryOptions({
    queryKey: ['recipes', id, version],
    queryFn: (): Promise<Recipe> => fovea.recipes.get(id, version === null ? {} : { version }),
    staleTime: version === null ? 10_000 : Number.POSITIVE_INFINITY,
  });

export function refreshTasks(): Promise<void> {
  return queryClient.invalidateQueries({ predicate: ({ queryKey: [kind] }) => kind === 'tasks' || kind === 'batches' });
}
