import { newId, type Parsed, type Recipe, type recipes } from '@fovea/contract';
import sql from 'sql-template-tag';
import { violatedConstraint, type Database, type Tx, type WhenMade } from '../../engines/database/database.ts';
import { keeping } from '../../engines/database/keeping.ts';
import { emit } from '../../events/outbox.ts';
import { notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import { needScope, type Caller } from '../../identity/caller.ts';
import type { ProjectsService } from '../../identity/projects/service.ts';
import { inVisibleProject } from '../../identity/projects/store.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import { deleteRecipe, findRecipes, insertRecipe, insertVersion, selectHistories, selectRecipe, selectRecipeByExternalId, selectRecipes, selectVersions, toRecipe, type RecipeContent, type RecipeFilter, type StoredRecipe } from './store.ts';
import { addVersion, checkContent, recipeEvent, withColors } from './versions.ts';

type Body<K extends keyof typeof recipes> = Parsed<(typeof recipes)[K]>['body'];
export type RecipesService = ReturnType<typeof recipesService>;

/** What a door may add to a recipe. */
export interface RecipeExtras {
  origin?: string;
  externalId?: string;
  extra?: unknown;
}

type NewRecipe = Omit<Body<'create'>, 'project'> & RecipeExtras;

/** Recipes: label trees, attributes and instructions, versioned. */
export function recipesService({ db, projects }: { db: Database; projects: ProjectsService }) {
  async function need(caller: Caller, id: string, role: 'annotator' | 'manager', version?: number): Promise<StoredRecipe> {
    const found = await selectRecipe(db, id, { version });
    if (!found) throw notFound('recipe', id);
    await authorize(db, caller, found.projectId, { role, scope: role === 'manager' ? 'write' : 'read', as: { kind: 'recipe', id } });
    return found;
  }

  async function addIn(tx: Tx, caller: Caller, projectId: string, body: NewRecipe): Promise<StoredRecipe> {
    const id = newId();
    await insertRecipe(tx, { id, orgId: caller.orgId, projectId, name: body.name, createdBy: caller.email, origin: body.origin ?? null, externalId: body.externalId ?? null, extra: body.extra ?? null });
    await insertVersion(tx, { ...body, id, projectId, version: 1, createdBy: caller.email, labels: withColors(body.labels) });
    await emit(tx, recipeEvent('recipe.created', caller, { id, projectId }, { name: body.name }));
    const made = await selectRecipe(tx, id);
    if (!made) throw notFound('recipe', id);
    return made;
  }

  async function add(caller: Caller, projectId: string, body: NewRecipe, whenMade?: WhenMade<StoredRecipe>): Promise<StoredRecipe> {
    checkContent(body);
    return db.tx(keeping(whenMade, (tx) => addIn(tx, caller, projectId, body)));
  }

  return {
    async create(caller: Caller, body: Body<'create'> & RecipeExtras, whenMade?: WhenMade<StoredRecipe>): Promise<StoredRecipe> {
      const project = await projects.get(caller, body.project);
      await authorize(db, caller, project.id, { role: 'manager', scope: 'write' });
      return add(caller, project.id, body, whenMade);
    },

    /** The first recipe of a project, in the transaction that makes the project. */
    async createIn(tx: Tx, caller: Caller, projectId: string, body: NewRecipe): Promise<StoredRecipe> {
      await authorize(tx, caller, projectId, { role: 'manager', scope: 'write' });
      checkContent(body);
      return addIn(tx, caller, projectId, body);
    },

    /** The recipe that a door knows by this id, made when there is none: for what a task brings along. Whoever may make tasks may do this. */
    async ensure(caller: Caller, projectId: string, body: Omit<Body<'create'>, 'project'> & { origin: string; externalId: string }): Promise<StoredRecipe> {
      await authorize(db, caller, projectId, { role: 'developer', scope: 'write' });
      const known = await selectRecipeByExternalId(db, projectId, body.origin, body.externalId);
      if (known) return known;
      await add(caller, projectId, body).catch((error: unknown) => {
        if (violatedConstraint(error) !== 'recipes_external') throw error;
      });
      const made = await selectRecipeByExternalId(db, projectId, body.origin, body.externalId);
      if (!made) throw notFound('recipe', body.externalId);
      return made;
    },

    /** All versions of the recipes that a door keeps under this id in the projects that the caller sees, oldest first. */
    histories(caller: Caller, filter: { origin: string; externalId: string; projectIds?: readonly string[] | undefined }): Promise<StoredRecipe[]> {
      needScope(caller, 'read');
      return selectHistories(db, inVisibleProject(caller, sql`r.project_id`), filter);
    },

    /** The newest version of the recipe that a door knows by this id in a project that the caller sees. */
    ofDoor(caller: Caller, projectId: string, origin: string, externalId: string): Promise<StoredRecipe | undefined> {
      needScope(caller, 'read');
      return selectRecipeByExternalId(db, projectId, origin, externalId, inVisibleProject(caller, sql`r.project_id`));
    },

    async list(caller: Caller, query: { project: string; limit: number; cursor?: string | undefined }): Promise<Page<Recipe>> {
      const project = await projects.get(caller, query.project);
      const mark = listMark('recipes', project.id);
      const rows = await selectRecipes(db, project.id, { limit: query.limit, before: readCursor(query.cursor, mark, 1)?.[0]?.toString() });
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.id], map: toRecipe });
    },

    /** A page of the recipes of all projects that the caller sees, or of some, with what doors keep. */
    find(caller: Caller, filter: RecipeFilter, page: { limit: number; offset: number }): Promise<{ recipes: StoredRecipe[]; total: number }> {
      needScope(caller, 'read');
      return findRecipes(db, inVisibleProject(caller, sql`r.project_id`), filter, page);
    },

    get: (caller: Caller, id: string, version?: number): Promise<StoredRecipe> => need(caller, id, 'annotator', version),

    async update(caller: Caller, id: string, change: Body<'update'> & { extra?: unknown }, expected?: number): Promise<StoredRecipe> {
      await need(caller, id, 'manager');
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      return db.tx((tx) => addVersion(tx, caller, id, given, expected));
    },

    /** A new version made from the newest one, under its lock. */
    async revise(caller: Caller, id: string, make: (newest: StoredRecipe) => Partial<RecipeContent> & { name?: string; extra?: unknown }): Promise<StoredRecipe> {
      await need(caller, id, 'manager');
      return db.tx(async (tx) => {
        const newest = await selectRecipe(tx, id, { lock: true });
        if (!newest) throw notFound('recipe', id);
        return addVersion(tx, caller, id, make(newest));
      });
    },

    async versions(caller: Caller, id: string, query: { limit: number; cursor?: string | undefined }): Promise<Page<Recipe>> {
      await need(caller, id, 'annotator');
      const mark = listMark('recipe versions', id);
      const before = readCursor(query.cursor, mark, 1)?.[0];
      const rows = await selectVersions(db, id, { limit: query.limit, before: before === undefined ? undefined : Number(before) });
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.version], map: toRecipe });
    },

    async delete(caller: Caller, id: string): Promise<void> {
      const recipe = await need(caller, id, 'manager');
      await db.tx(async (tx) => {
        if (await deleteRecipe(tx, id)) await emit(tx, recipeEvent('recipe.deleted', caller, recipe));
      });
    },
  };
}
