import type { Annotation } from '@fovea/contract';
import { queryOptions } from '@tanstack/react-query';
import { fovea } from './client.ts';

const mostAnnotations = 200_000;

/** The annotations that somebody sees who works on an item: with a task, its drafts too. Oldest first. */
export function loadAnnotations(itemId: string, taskId: string | undefined, signal?: AbortSignal): Promise<Annotation[]> {
  return fovea.annotations.list(itemId, { limit: 1000, ...(taskId !== undefined && { task: taskId }) }, { signal }).toArray({ limit: mostAnnotations });
}

/** The annotations that an editor begins with. Whoever has edited them drops this, as they are others by then. */
export const annotationsQuery = (itemId: string, taskId: string | undefined) =>
  queryOptions({ queryKey: ['annotations', itemId, taskId ?? null], queryFn: ({ signal }) => loadAnnotations(itemId, taskId, signal), staleTime: Number.POSITIVE_INFINITY, gcTime: 60_000 });
