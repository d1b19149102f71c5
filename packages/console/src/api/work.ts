import type { Command, Task } from '@fovea/contract';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { fovea } from './client.ts';
import { queryClient } from './query-client.ts';

/** What changes by itself is asked for again so often while it is on the screen, should the news of it not arrive. */
const liveMs = 20_000;
/** Progress and places in the queue are no news: they are asked for. */
const runningMs = 2_000;
const most = 2_000;

export const batchesQuery = (project: string) =>
  queryOptions({ queryKey: ['batches', 'list', project], queryFn: () => fovea.batches.list({ project, limit: 1000 }).toArray({ limit: most }), refetchInterval: liveMs });
export const liveBatchQuery = (id: string) => queryOptions({ queryKey: ['batches', 'live', id], queryFn: () => fovea.batches.get(id), refetchInterval: liveMs });

/** Which tasks of a project are listed, and in what order. */
export interface TaskListing {
  batch?: string | undefined;
  status?: Task['status'] | undefined;
  /** What waits longest comes first; otherwise what was made last. */
  longestFirst?: boolean;
}

/** Tasks of a project, a page at a time. */
export const taskPagesQuery = (project: string, { batch, status, longestFirst = false }: TaskListing) =>
  infiniteQueryOptions({
    queryKey: ['tasks', 'pages', project, batch, status, longestFirst],
    queryFn: async ({ pageParam, signal }) => {
      const filter = { ...(batch !== undefined && { batchId: batch }), ...(status !== undefined && { status }) };
      const page = await fovea.tasks.query(project, { filter, limit: 100, ...(longestFirst && { sort: [{ field: 'submittedAt', direction: 'asc' as const }] }) }, { signal }).page(pageParam);
      return { ...page, data: page.data as Task[] };
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: liveMs,
  });
export const assignmentsQuery = (batch: string) => queryOptions({ queryKey: ['batches', 'assignments', batch], queryFn: () => fovea.batches.assignments(batch, { limit: 1000 }).toArray({ limit: most }) });
/** The paths of items by their ids. */
export const pathsQuery = (dataset: string | null, ids: readonly string[]) =>
  queryOptions({
    queryKey: ['datasets', 'paths', dataset, ids],
    queryFn: async () => {
      const rows = await fovea.items.query(dataset ?? '', { filter: { id: { in: [...ids] } }, fields: ['id', 'path'], limit: 1000 }).toArray({ limit: most });
      return new Map(rows.flatMap(({ id, path }) => (id !== undefined && path !== undefined ? [[id, path] as const] : [])));
    },
    enabled: dataset !== null && ids.length > 0,
    placeholderData: (before) => before,
    staleTime: Number.POSITIVE_INFINITY,
  });
export const qualityQuery = (batch: string) => queryOptions({ queryKey: ['batches', 'quality', batch], queryFn: () => fovea.quality.report(batch, {}), retry: false });

export const recipesQuery = (project: string) => queryOptions({ queryKey: ['recipes', 'list', project], queryFn: () => fovea.recipes.list({ project, limit: 1000 }).toArray({ limit: most }) });

export const jobsQuery = (project: string) => queryOptions({ queryKey: ['jobs', 'list', project], queryFn: () => fovea.jobs.query(project, { filter: { archived: false }, limit: 200 }).toArray({ limit: 200 }), refetchInterval: (query) => (query.state.data?.some(({ status }) => status === 'running' || status === 'queued') ? runningMs : liveMs) });
export const jobQuery = (id: string) => queryOptions({ queryKey: ['jobs', id], queryFn: () => fovea.jobs.get(id), refetchInterval: (query) => (query.state.data?.endedAt ? false : 1_000) });
export const jobLogQuery = (id: string, ended: boolean) => queryOptions({ queryKey: ['jobs', id, 'log', ended], queryFn: () => fovea.jobs.log(id, {}), refetchInterval: ended ? false : 2_000 });

export const analyticsQuery = queryOptions({ queryKey: ['analytics'], queryFn: () => fovea.analytics.list({ limit: 1000 }).toArray({ limit: most }) });

export const analyticQuery = (reference: string) => queryOptions({ queryKey: ['analytics', reference], queryFn: () => fovea.analytics.get(reference) });
export const analyticVersionsQuery = (name: string) => queryOptions({ queryKey: ['analytics', name, 'versions'], queryFn: () => fovea.analytics.list({ name, allVersions: true, limit: 1000 }).toArray({ limit: most }) });

export const versionsQuery = (dataset: string) => queryOptions({ queryKey: ['versions', dataset], queryFn: () => fovea.versions.list(dataset, { limit: 1000 }).toArray({ limit: most }) });
/** The first changes from another version, the one before when left out. */
export const diffQuery = (dataset: string, version: number, from?: string) =>
  queryOptions({ queryKey: ['versions', dataset, 'diff', version, from], queryFn: () => fovea.versions.diff(dataset, `v${version}`, { limit: 200, ...(from !== undefined && { from }) }), staleTime: Number.POSITIVE_INFINITY });

export const webhooksQuery = (project: string) => queryOptions({ queryKey: ['webhooks', project], queryFn: () => fovea.webhooks.list({ project, limit: 1000 }).toArray({ limit: most }) });
export const deliveriesQuery = (project: string) => queryOptions({ queryKey: ['deliveries', project], queryFn: () => fovea.webhooks.deliveries({ project, limit: 100 }).toArray({ limit: 100 }), refetchInterval: runningMs });

/** Has what begins with a word asked for again. */
export function refresh(...kinds: string[]): Promise<void> {
  return queryClient.invalidateQueries({ predicate: ({ queryKey }) => kinds.includes(String(queryKey[0])) });
}

/** Waits for long work; throws with its reason when it fails. */
export async function finished(started: { id: string }): Promise<Command> {
  for (;;) {
    const command = await fovea.commands.get(started.id, { waitSeconds: 20 });
    if (command.endedAt === null) continue;
    if (command.status !== 'complete') throw new Error(command.message ?? 'It was cancelled.');
    return command;
  }
}
