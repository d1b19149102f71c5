import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { Task } from '@fovea/contract';
import { fovea } from './client.ts';
import { queryClient } from './query-client.ts';

const most = 2_000;

export const profilesQuery = (project: string) => queryOptions({ queryKey: ['profiles', 'list', project], queryFn: () => fovea.profiles.list({ project, limit: 1000 }).toArray({ limit: most }) });
export const profileQuery = (id: string) => queryOptions({ queryKey: ['profiles', 'one', id], queryFn: () => fovea.profiles.get(id) });
export const profileVersionsQuery = (id: string) => queryOptions({ queryKey: ['profiles', 'versions', id], queryFn: () => fovea.profiles.versions(id, { limit: 1000 }).toArray({ limit: most }) });
export const analyticQuery = (name: string) => queryOptions({ queryKey: ['analytics', name], queryFn: () => fovea.analytics.get(name), staleTime: 60_000 });

export const usageQuery = queryOptions({ queryKey: ['usage', 'all'], queryFn: () => fovea.usage.organization({ limit: 1000 }).toArray({ limit: most }) });
export const projectUsageQuery = (project: string) => queryOptions({ queryKey: ['usage', project], queryFn: () => fovea.usage.project(project) });

/** What the audit is narrowed by, as it stands in the address. */
export interface AuditSearch {
  actor?: string;
  /** The kind of thing: `task`. */
  what?: string;
  project?: string;
  /** Days, `2026-01-31`. */
  from?: string;
  to?: string;
}

const dayMs = 86_400_000;
/** The beginning of a day in the reader's zone, so many days on. */
const startOf = (day: string, daysOn = 0) => new Date(new Date(`${day}T00:00:00`).getTime() + daysOn * dayMs).toISOString();

export const auditQuery = ({ actor, what, project, from, to }: AuditSearch) =>
  infiniteQueryOptions({
    queryKey: ['audit', actor, what, project, from, to],
    queryFn: ({ pageParam, signal }) =>
      fovea.audit
        .list(
          { limit: 100, ...(actor !== undefined && { actor }), ...(what !== undefined && { type: `${what}.*` }), ...(project !== undefined && { project }), ...(from !== undefined && { from: startOf(from) }), ...(to !== undefined && { to: startOf(to, 1) }) },
          { signal },
        )
        .page(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

/** How many tasks that are in no batch wait in a project; no more than a thousand are counted. */
export const looseTasksQuery = (project: string) =>
  queryOptions({
    queryKey: ['tasks', 'loose', project],
    queryFn: async () => (await fovea.tasks.query(project, { filter: { batchId: null, status: 'pending' }, fields: ['id'], limit: 1000 }).page()).data.length,
  });

/** What one person has to do with tasks: those they hold, and those they handed in; newest first. */
export const myTasksQuery = (project: string, email: string) =>
  queryOptions({
    queryKey: ['tasks', 'mine', project, email],
    queryFn: async () => (await fovea.tasks.query(project, { filter: { or: [{ claimedBy: email }, { submittedBy: email }] }, sort: [{ field: 'updatedAt', direction: 'desc' }], limit: 1000 }).toArray({ limit: most })) as Task[],
  });

export const fieldsQuery = (dataset: string) => queryOptions({ queryKey: ['datasets', 'fields', dataset], queryFn: ({ signal }) => fovea.items.fields(dataset, { signal }), staleTime: 60_000 });
export const valuesQuery = (dataset: string, field: string, prefix: string) =>
  queryOptions({ queryKey: ['datasets', 'values', dataset, field, prefix], queryFn: ({ signal }) => fovea.items.values(dataset, { field, prefix, limit: 50 }, { signal }), staleTime: 60_000 });

/** Times at which tasks of a batch were completed. */
export const completionsQuery = (project: string, batch: string, completed: number) =>
  queryOptions({
    queryKey: ['tasks', 'completions', batch, completed],
    queryFn: async () => {
      const rows = await fovea.tasks.query(project, { filter: { and: [{ batchId: batch }, { completedAt: { exists: true } }] }, fields: ['completedAt'], sort: [{ field: 'completedAt', direction: 'asc' }], limit: 1000 }).toArray({ limit: 20_000 });
      return rows.flatMap(({ completedAt }) => (completedAt ? [Date.parse(completedAt)] : []));
    },
    enabled: completed > 0,
  });

export function refreshUsage(): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: ['usage'] });
}
