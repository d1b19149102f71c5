import sql, { type Sql } from 'sql-template-tag';

/** A task as the place where annotations are made. */
export interface WorkPlace {
  projectId: string;
  recipeId: string | null;
  recipeVersion: number | null;
}

/** The task, as part of another's question: JSON of a {@link WorkPlace}, null where there is none. */
export function workPlaceOf(taskId: string): Sql {
  return sql`(select jsonb_build_object('projectId', t.project_id, 'recipeId', t.recipe_id, 'recipeVersion', t.recipe_version)
    from tasks t where t.id = ${taskId} and t.deleted_at is null)`;
}
