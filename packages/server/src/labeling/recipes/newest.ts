import sql, { type Sql } from 'sql-template-tag';

/** The newest version of a recipe that is not deleted, as part of another's question: JSON `{ id, version }`, null where there is none. */
export function newestRecipeOf(id: Sql): Sql {
  return sql`(select jsonb_build_object('id', r.id, 'version', r.version) from recipes r where r.id = ${id} and r.deleted_at is null)`;
}
