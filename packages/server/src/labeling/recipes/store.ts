import type { Recipe } from '@fovea/contract';
import sql, { empty, join, type Sql } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';

interface RecipeRow {
  id: string;
  project_id: string;
  name: string;
  version: number;
  labels: Recipe['labels'];
  attributes: Recipe['attributes'];
  instructions: string;
  allow_new_labels: boolean;
  params: Record<string, unknown>;
  suggestions: string[];
  created_by: string;
  created_at: Date;
  updated_at: Date;
  origin: string | null;
  external_id: string | null;
  extra: unknown;
}

/** A recipe with what doors keep on it. */
export interface StoredRecipe extends Recipe {
  /** The door that it was made through; null for the native API. */
  origin: string | null;
  externalId: string | null;
  extra: unknown;
}

function toStoredRecipe(row: RecipeRow): StoredRecipe {
  return {
    id: row.id,
    projectId: row.project_id,
    name: row.name,
    version: row.version,
    labels: row.labels,
    attributes: row.attributes,
    instructions: row.instructions,
    allowNewLabels: row.allow_new_labels,
    params: row.params,
    suggestions: row.suggestions,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    origin: row.origin,
    externalId: row.external_id,
    extra: row.extra,
  };
}

export function toRecipe({ origin: _origin, externalId: _externalId, extra: _extra, ...recipe }: StoredRecipe): Recipe {
  return recipe;
}

const columns = sql`r.id, r.project_id, r.name, v.version, v.labels, v.attributes, v.instructions, v.allow_new_labels, v.params, v.suggestions, r.created_by,
  r.created_at, v.created_at as updated_at, r.origin, r.external_id, r.extra`;
const newest = sql`from recipes r join recipe_versions v on v.recipe_id = r.id and v.version = r.version`;

export type RecipeContent = Pick<Recipe, 'labels' | 'attributes' | 'instructions' | 'allowNewLabels' | 'params'> & Partial<Pick<Recipe, 'suggestions'>>;

export async function insertRecipe(
  db: Queryable,
  row: { id: string; orgId: string; projectId: string; name: string; createdBy: string; origin: string | null; externalId: string | null; extra: unknown },
): Promise<void> {
  await db.run(sql`insert into recipes (id, org_id, project_id, name, created_by, origin, external_id, extra) values (${row.id}, ${row.orgId},
    ${row.projectId}, ${row.name}, ${row.createdBy}, ${row.origin}, ${row.externalId}, ${row.extra === null ? null : JSON.stringify(row.extra)})`);
}

export async function insertVersion(db: Queryable, row: { id: string; projectId: string; version: number; createdBy: string } & RecipeContent): Promise<void> {
  await db.run(sql`insert into recipe_versions (recipe_id, version, project_id, labels, attributes, instructions, allow_new_labels, params, suggestions, created_by)
    values (${row.id}, ${row.version}, ${row.projectId}, ${JSON.stringify(row.labels)}, ${JSON.stringify(row.attributes)}, ${row.instructions},
      ${row.allowNewLabels}, ${JSON.stringify(row.params)}, ${JSON.stringify(row.suggestions ?? [])}, ${row.createdBy})`);
}

/** The recipe at a version, the newest unless given; also of a deleted one when a version is asked for. */
export async function selectRecipe(db: Queryable, id: string, options: { version?: number | undefined; lock?: boolean } = {}): Promise<StoredRecipe | undefined> {
  // In a statement of its own: one that waits for the row while somebody adds a version would not see that version, and find nothing.
  if (options.lock) await db.run(sql`select from recipes where id = ${id} for update`);
  const row = await db.maybe<RecipeRow>(
    options.version === undefined
      ? sql`select ${columns} ${newest} where r.id = ${id} and r.deleted_at is null`
      : sql`select ${columns} from recipes r join recipe_versions v on v.recipe_id = r.id and v.version = ${options.version} where r.id = ${id}`,
  );
  return row && toStoredRecipe(row);
}

/** The newest version of a recipe, by its id or what gives it; undefined when there is none, or it was deleted. */
export async function selectRecipeRef(db: Queryable, id: string | Sql): Promise<{ id: string; version: number } | undefined> {
  return db.maybe(sql`select r.id, r.version from recipes r where r.id = ${id} and r.deleted_at is null`);
}

export async function selectRecipes(db: Queryable, projectId: string, options: { limit: number; before: string | undefined }): Promise<StoredRecipe[]> {
  const rows = await db.many<RecipeRow>(sql`select ${columns} ${newest} where r.project_id = ${projectId} and r.deleted_at is null
    ${options.before === undefined ? empty : sql`and r.id < ${options.before}`} order by r.id desc limit ${options.limit + 1}`);
  return rows.map(toStoredRecipe);
}

export interface RecipeFilter {
  projectIds?: readonly string[] | undefined;
  ids?: readonly string[] | undefined;
  name?: string | undefined;
}

/** Recipes of visible projects with what doors keep, newest first, and how many there are. */
export async function findRecipes(
  db: Queryable,
  visible: Sql,
  filter: RecipeFilter,
  page: { limit: number; offset: number },
): Promise<{ recipes: StoredRecipe[]; total: number }> {
  const all: Sql[] = [visible, sql`r.deleted_at is null`];
  if (filter.projectIds !== undefined) all.push(sql`r.project_id = any(${[...filter.projectIds]}::uuid[])`);
  if (filter.ids !== undefined) all.push(sql`r.id = any(${[...filter.ids]}::uuid[])`);
  if (filter.name !== undefined) all.push(sql`r.name = ${filter.name}`);
  const where = join(all, ' and ');
  const rows = await db.many<RecipeRow>(sql`select ${columns} ${newest} where ${where} order by r.id desc limit ${page.limit} offset ${page.offset}`);
  const { n } = await db.one<{ n: number }>(sql`select count(*) as n from recipes r where ${where}`);
  return { recipes: rows.map(toStoredRecipe), total: n };
}

export async function selectVersions(db: Queryable, id: string, options: { limit: number; before: number | undefined }): Promise<StoredRecipe[]> {
  const rows = await db.many<RecipeRow>(sql`select ${columns} from recipes r join recipe_versions v on v.recipe_id = r.id where r.id = ${id}
    ${options.before === undefined ? empty : sql`and v.version < ${options.before}`} order by v.version desc limit ${options.limit + 1}`);
  return rows.map(toStoredRecipe);
}

/** Every version of the recipes of an origin in visible projects, recipe by recipe, oldest version first. */
export async function selectHistories(db: Queryable, visible: Sql, filter: { origin: string; externalId: string; projectIds?: readonly string[] | undefined }): Promise<StoredRecipe[]> {
  const rows = await db.many<RecipeRow>(sql`select ${columns} from recipes r join recipe_versions v on v.recipe_id = r.id
    where ${visible} and r.origin = ${filter.origin} and r.external_id = ${filter.externalId} and r.deleted_at is null
    ${filter.projectIds === undefined ? empty : sql`and r.project_id = any(${[...filter.projectIds]}::uuid[])`} order by r.id, v.version`);
  return rows.map(toStoredRecipe);
}

export async function selectRecipeByExternalId(db: Queryable, projectId: string, origin: string, externalId: string, visible: Sql = sql`true`): Promise<StoredRecipe | undefined> {
  const row = await db.maybe<RecipeRow>(sql`select ${columns} ${newest} where r.project_id = ${projectId} and r.origin = ${origin}
    and r.external_id = ${externalId} and r.deleted_at is null and ${visible}`);
  return row && toStoredRecipe(row);
}

export async function moveToVersion(db: Queryable, id: string, version: number, change: { name?: string | undefined; extra?: unknown }): Promise<void> {
  const extra: Sql = change.extra === undefined ? sql`extra` : sql`${JSON.stringify(change.extra)}`;
  await db.run(sql`update recipes set version = ${version}, name = coalesce(${change.name ?? null}, name), extra = ${extra}, updated_at = now() where id = ${id}`);
}

export async function deleteRecipe(db: Queryable, id: string): Promise<number> {
  return db.run(sql`update recipes set deleted_at = now() where id = ${id} and deleted_at is null`);
}
