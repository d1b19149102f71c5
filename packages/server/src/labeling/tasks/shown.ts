import sql, { type Sql } from 'sql-template-tag';
import type { Caller } from '../../identity/caller.ts';
import { inProjectOfWorker } from '../../identity/projects/store.ts';
import { taskShownTo } from '../quality/hidden.ts';

/** The condition that a caller is shown a task in lists over several projects: where they label and no more, as {@link taskShownTo} says. */
export function shownOf(caller: Caller, t: Sql): Sql {
  return caller.admin ? sql`true` : sql`(not (${inProjectOfWorker(caller, sql`${t}.project_id`)}) or ${taskShownTo(caller.email, t)})`;
}
