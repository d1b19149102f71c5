import type { Filter, SortKey } from '@fovea/contract';
import sql, { type Sql } from 'sql-template-tag';
import { queryCount, queryPage, rowAlias } from '../../catalog/query/page.ts';
import type { Database } from '../../engines/database/database.ts';
import { notFound } from '../../fault.ts';
import { needScope, type Caller } from '../../identity/caller.ts';
import { inVisibleProject } from '../../identity/projects/store.ts';
import type { Page } from '../../paging.ts';
import { taskEntity } from './entity.ts';
import { selectTaskByUniqueId, toStoredTask, type StoredTask, type TaskRow } from './store.ts';

/** What a door asks of all tasks: one origin, a filter, and a page by cursor or by number. */
export interface TaskSearch {
  origin: string;
  filter: Filter;
  limit: number;
  cursor?: string | undefined;
  /** Rows skipped: for protocols that page by number. Costs what it skips. */
  offset?: number | undefined;
}

/** Finds tasks over all projects that the caller sees, in the caller's mode (test or not). */
export function taskFinder(db: Database) {
  function scopeOf(caller: Caller, origin: string): Sql {
    needScope(caller, 'read');
    return sql`${rowAlias}.org_id = ${caller.orgId} and ${rowAlias}.test = ${caller.test} and ${rowAlias}.origin = ${origin}
      and ${inVisibleProject(caller, sql`${rowAlias}.project_id`)}`;
  }

  return {
    /** A page of tasks with what doors keep, newest first. */
    async find(caller: Caller, search: TaskSearch): Promise<Page<StoredTask>> {
      const newestFirst: SortKey[] = [{ field: 'id', direction: 'desc' }];
      return queryPage<TaskRow, StoredTask>(db, taskEntity, search, {
        columns: sql`${rowAlias}.*`,
        scope: scopeOf(caller, search.origin),
        scopeMark: [caller.orgId, caller.test, search.origin],
        defaultSort: newestFirst,
        map: toStoredTask,
      });
    },

    /** How many tasks a filter finds. */
    async count(caller: Caller, search: Pick<TaskSearch, 'origin' | 'filter'>): Promise<number> {
      return queryCount(db, taskEntity, search.filter, scopeOf(caller, search.origin));
    },

    /** The task that has a unique id in the organisation, whoever sees it: only its id is told. */
    async holderOf(caller: Caller, uniqueId: string): Promise<string> {
      const holder = await selectTaskByUniqueId(db, caller.orgId, caller.test, uniqueId);
      if (!holder) throw notFound('task with the unique_id', uniqueId);
      return holder.id;
    },
  };
}
