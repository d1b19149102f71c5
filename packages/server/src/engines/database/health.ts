import sql from 'sql-template-tag';
import type { Queryable } from './database.ts';

/** Whether the database answers at all. */
export function databaseAnswers(db: Queryable): Promise<boolean> {
  return db.one(sql`select 1 as ready`).then(
    () => true,
    () => false,
  );
}
