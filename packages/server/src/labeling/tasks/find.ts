import type { Filter, SortKey, Task } from '@fovea/contract';
import sql, { empty, raw, type Sql } from 'sql-template-tag';
import { compileFilter } from '../../catalog/query/compile.ts';
import { queryPage, rowAlias } from '../../catalog/query/page.ts';
import type { Database } from '../../engines/database/database.ts';
import { plannedForItsValues } from '../../engines/database/statement-name.ts';
import { notFound } from '../../fault.ts';
import { needScope, type Caller } from '../../identity/caller.ts';
import { inVisibleProject, visibleProjects } from '../../identity/projects/store.ts';
import type { Page } from '../../paging.ts';
import { taskEntity, taskStatuses } from './entity.ts';
import { listedColumns, toListedTask, type ListedTask } from './listed.ts';
import { shownOf } from './shown.ts';
import { selectTaskByUniqueId, type TaskRow } from './store.ts';

/** What a door asks of all tasks: one origin, a filter, and a page. */
export interface TaskSearch {
  origin: string;
  filter: Filter;
  /** Only tasks in these states; undefined: in any. */
  statuses?: readonly Task['status'][] | undefined;
  limit: number;
  /** Rows skipped: for protocols that page by number. Costs what it skips. */
  offset?: number | undefined;
}

/** A task of a list, with what names the places that it is in. */
export interface FoundTask extends ListedTask {
  project: { name: string; extra: unknown };
  /** Null without a batch. */
  batchName: string | null;
}

type FoundRow = TaskRow & { project_name: string; project_extra: string | null; batch_name: string | null };

/** Finds tasks over all projects that the caller sees, in the caller's mode (test or not); of those of a worker as {@link shownOf} says. */
export function taskFinder(db: Database) {
  function scopeOf(caller: Caller, { origin, filter, statuses }: Pick<TaskSearch, 'origin' | 'filter' | 'statuses'>): Sql {
    needScope(caller, 'read');
    const filtered = statuses !== undefined || Object.keys(filter).length > 0;
    return sql`${filtered ? plannedForItsValues : empty} ${rowAlias}.org_id = ${caller.orgId} and ${rowAlias}.test = ${caller.test} and ${rowAlias}.origin = ${origin}
      ${statuses === undefined ? empty : sql`and ${rowAlias}.status in (${literals(statuses)})`}
      and ${shownOf(caller, rowAlias)}`;
  }

  /** Tasks in projects that the caller sees, beside their project and their batch: one query for all that a list shows. */
  function tasksInPlace(caller: Caller): Sql {
    return sql`tasks ${rowAlias} join ${visibleProjects(caller)} as place on place.id = ${rowAlias}.project_id
      left join batches b on b.id = ${rowAlias}.batch_id and b.deleted_at is null`;
  }

  return {
    /** A page of tasks with what doors keep, newest first. */
    async find(caller: Caller, search: TaskSearch): Promise<Page<FoundTask>> {
      const newestFirst: SortKey[] = [
        { field: 'createdAt', direction: 'desc' },
        { field: 'id', direction: 'desc' },
      ];
      const extras = new Map<string | null, unknown>();
      const extraOf = (text: string | null): unknown => {
        if (!extras.has(text)) extras.set(text, text === null ? null : JSON.parse(text));
        return extras.get(text);
      };
      return queryPage<FoundRow, FoundTask>(db, taskEntity, search, {
        columns: sql`${listedColumns}, place.name as project_name, place.extra::text as project_extra, b.name as batch_name`,
        from: tasksInPlace(caller),
        scope: scopeOf(caller, search),
        scopeMark: [caller.orgId, caller.test, search.origin, search.statuses ?? null],
        defaultSort: newestFirst,
        map: (row) => ({ ...toListedTask(row), project: { name: row.project_name, extra: extraOf(row.project_extra) }, batchName: row.batch_name }),
      });
    },

    /** How many tasks a filter finds: counted by project, of which few are to be looked at. */
    async count(caller: Caller, search: Pick<TaskSearch, 'origin' | 'filter' | 'statuses'>): Promise<number> {
      const found = sql`${scopeOf(caller, search)} and ${taskEntity.alive(rowAlias)} and ${compileFilter(taskEntity, search.filter, rowAlias)}`;
      const { count } = await db.one<{ count: number }>(sql`select coalesce(sum(n), 0)::bigint as count
        from (select ${rowAlias}.project_id, count(*) as n from tasks ${rowAlias} where ${found} group by ${rowAlias}.project_id) as counted where ${inVisibleProject(caller, sql`counted.project_id`)}`);
      return count;
    },

    /** The task that has a unique id in the organisation, whoever sees it: only its id is told. */
    async holderOf(caller: Caller, uniqueId: string): Promise<string> {
      const holder = await selectTaskByUniqueId(db, caller.orgId, caller.test, uniqueId);
      if (!holder) throw notFound('task with the unique_id', uniqueId);
      return holder.id;
    },
  };
}

/** States as they stand in the conditions of partial indexes, which parameters would not be recognised in. */
function literals(statuses: readonly Task['status'][]): Sql {
  return raw(taskStatuses.filter((status) => statuses.includes(status)).map((status) => `'${status}'`).join(', '));
}
