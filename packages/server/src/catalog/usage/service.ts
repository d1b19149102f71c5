import type { Parsed, ProjectUsage, usage } from '@fovea/contract';
import sql, { empty, type Sql } from 'sql-template-tag';
import type { Database, Queryable } from '../../engines/database/database.ts';
import { emit } from '../../events/outbox.ts';
import { notFound } from '../../fault.ts';
import { authorize, needAdmin } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import { countOwnKnown, workerOf } from '../../labeling/quality/hidden.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';

export type UsageService = ReturnType<typeof usageService>;

/** How much projects hold, and how much they may. */
export function usageService({ db }: { db: Database }) {
  async function need(orgId: string, projectId: string): Promise<ProjectUsage> {
    const [found] = await select(db, sql`p.org_id = ${orgId} and p.id = ${projectId} and p.deleted_at is null`, 1);
    if (!found) throw notFound('project', projectId);
    return found;
  }

  return {
    async project(caller: Caller, projectId: string): Promise<ProjectUsage> {
      const { role } = await authorize(db, caller, projectId, { role: 'annotator', scope: 'read' });
      const worker = workerOf(caller, role);
      const found = await need(caller.orgId, projectId);
      return worker === undefined ? found : { ...found, annotations: found.annotations + (await countOwnKnown(db, worker, projectId)) };
    },

    async organization(caller: Caller, query: Parsed<typeof usage.organization>['query']): Promise<Page<ProjectUsage>> {
      needAdmin(caller, 'read');
      const mark = listMark('usage', []);
      const before = readCursor(query.cursor, mark, 1)?.[0]?.toString();
      const rows = await select(db, sql`p.org_id = ${caller.orgId} and p.deleted_at is null ${before === undefined ? empty : sql`and p.id < ${before}`}`, query.limit + 1);
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.projectId], map: (row) => row });
    },

    async setQuota(caller: Caller, projectId: string, quotaBytes: number | null): Promise<ProjectUsage> {
      needAdmin(caller, 'admin');
      await need(caller.orgId, projectId);
      await db.tx(async (tx) => {
        await tx.run(sql`update projects set quota_bytes = ${quotaBytes}, updated_at = now(), revision = revision + 1 where id = ${projectId}`);
        await emit(tx, { type: 'project.updated', orgId: caller.orgId, projectId, subject: { kind: 'project', id: projectId }, actor: caller.email, data: { changed: ['quotaBytes'], quotaBytes } });
      });
      return need(caller.orgId, projectId);
    },
  };
}

async function select(db: Queryable, condition: Sql, limit: number): Promise<ProjectUsage[]> {
  const rows = await db.many<Omit<ProjectUsage, 'projectId' | 'quotaBytes' | 'itemBytes' | 'storedBytes'> & { id: string; quota_bytes: number | null; item_bytes: number; stored_bytes: number }>(sql`
    select p.id, p.name, p.quota_bytes, d.datasets, coalesce(c.items, 0)::bigint as items, coalesce(c.bytes, 0)::bigint as item_bytes, coalesce(c.annotations, 0)::bigint as annotations,
      (select coalesce(sum(size), 0)::bigint from (select distinct on (i.sha256) i.size from items i join datasets e on e.id = i.dataset_id and e.project_id = p.id) s) as stored_bytes,
      (select count(*) from tasks t where t.project_id = p.id and t.deleted_at is null) as tasks, (select count(*) from jobs j where j.project_id = p.id) as jobs
    from projects p
    cross join lateral (select count(*) as datasets from datasets d where d.project_id = p.id and d.deleted_at is null) d
    cross join lateral (select sum(c.items) as items, sum(c.bytes) as bytes, sum(c.annotations) as annotations from dataset_counts c
      join datasets d on d.id = c.dataset_id and d.deleted_at is null where d.project_id = p.id) c
    where ${condition} order by p.id desc limit ${limit}`);
  return rows.map(({ id, quota_bytes: quotaBytes, item_bytes: itemBytes, stored_bytes: storedBytes, ...row }) => ({ ...row, projectId: id, quotaBytes, itemBytes, storedBytes }));
}
