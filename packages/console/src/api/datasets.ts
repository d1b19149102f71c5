import { queryOptions } from '@tanstack/react-query';
import { fovea } from './client.ts';
import { queryClient } from './query-client.ts';

const mostDatasets = 20_000;

/** The datasets of a project, or of all. */
export const datasetsQuery = (project?: string) =>
  queryOptions({
    queryKey: ['datasets', 'list', project ?? 'all'],
    queryFn: () => fovea.datasets.list({ limit: 1000, ...(project === undefined ? {} : { project }) }).toArray({ limit: mostDatasets }),
  });

export const datasetQuery = (id: string) => queryOptions({ queryKey: ['datasets', 'one', id], queryFn: () => fovea.datasets.get(id) });

export function refreshDatasets(): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: ['datasets'] });
}
