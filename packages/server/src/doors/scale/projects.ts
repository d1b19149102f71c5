import { toObjectId, type Project } from '@fovea/contract';
import { Fault, notFound } from '../../fault.ts';
import type { Queryable, WhenMade } from '../../engines/database/database.ts';
import type { Caller } from '../../identity/caller.ts';
import type { StoredProject } from '../../identity/projects/store.ts';
import type { StoredRecipe } from '../../labeling/recipes/store.ts';
import { modeOf, origin, type ScaleDeps } from './context.ts';
import { badParameter } from './errors.ts';
import { recipeContent } from '../../labeling/task-types/labels.ts';
import { needType } from './task-types.ts';
import type { ProjectBody } from './wire.ts';

/** What the door keeps on a project, under `scale` of its extra. */
export interface ProjectFacts {
  name?: string;
  type?: string;
  test?: boolean;
  /** The one that holds what was made without a project. */
  default?: boolean;
  rapid?: boolean;
  studio?: boolean;
  datasetId?: string;
  groups?: ProjectGroup[];
}

export interface ProjectGroup {
  id: string;
  name: string;
  emails: string[];
}

type Params = Record<string, unknown>;

/** The recipe of a project that holds its parameters, version by version. */
export const paramsRecipe = 'parameters';
const defaultType = 'imageannotation';

export function factsOf(project: Pick<StoredProject, 'extra'>): ProjectFacts {
  return (project.extra as { scale?: ProjectFacts } | null)?.scale ?? {};
}

export function nameOf(project: Pick<StoredProject, 'name' | 'extra'>): string {
  return factsOf(project).name ?? project.name;
}

/** True for a project that lives in the caller's mode and is one that callers name. */
function isShown(caller: Caller, project: StoredProject): boolean {
  const facts = factsOf(project);
  return !facts.default && (facts.test ?? false) === caller.test;
}

const externalId = (caller: Caller, name: string) => `scale:${modeOf(caller)}:${name}`;
const idOfNone = (caller: Caller) => `scale-default:${modeOf(caller)}`;

/** Projects of the protocol over Fovea's: parameters are versions of a recipe, the rest lies in the project's extra. */
export function scaleProjects({ rooms }: Pick<ScaleDeps, 'rooms'>) {
  const { projects, recipes } = rooms;
  const defaults = new Map<string, string>();

  async function find(caller: Caller, name: string): Promise<StoredProject | undefined> {
    const [own] = await projects.find(caller, { externalId: externalId(caller, name) });
    if (own || caller.test) return own;
    // One that was made elsewhere is a project here too.
    const [other] = await projects.find(caller, { name });
    return other && isShown(caller, other) && factsOf(other).name === undefined ? other : undefined;
  }

  async function get(caller: Caller, name: string): Promise<StoredProject> {
    const found = await find(caller, name);
    if (!found) throw notFound('project', name);
    return found;
  }

  async function history(caller: Caller, project: StoredProject): Promise<StoredRecipe[]> {
    return recipes.histories(caller, { origin, externalId: paramsRecipe, projectIds: [project.id] });
  }

  /** Makes the Fovea project; where its name is taken by one that cannot be named here, with a number behind it. */
  async function make(caller: Caller, body: ProjectBody, whenMade: WhenMade<Project>): Promise<void> {
    const facts: ProjectFacts = { name: body.name, type: body.type, ...(caller.test ? { test: true } : {}) };
    if (body.rapid ?? body.self_serve) facts.rapid = true;
    if (body.studio) facts.studio = true;
    if (body.datasetId !== undefined) facts.datasetId = body.datasetId;
    for (let number = 1; ; number++) {
      const name = `${body.name}${caller.test ? ' (test)' : ''}${number === 1 ? '' : ` ${number}`}`;
      try {
        await projects.create(caller, { name, description: '', metadata: {}, externalId: externalId(caller, body.name), extra: { scale: facts } }, whenMade);
        return;
      } catch (error) {
        // What may be asked again is no name that is taken.
        if (!(error instanceof Fault) || error.code !== 'conflict' || error.retryAfterSeconds !== undefined) throw error;
        const taken = new Fault('conflict', `A project named "${body.name}" already exists.`);
        if (error.errors?.[0]?.path === 'externalId' || number > 20) throw taken;
        const [other] = await projects.find(caller, { name });
        if (!caller.test && (!other || isShown(caller, other))) throw taken;
      }
    }
  }

  return {
    find,
    get,

    async create(caller: Caller, body: ProjectBody, keep: WhenMade<Params>): Promise<Params> {
      needType(body.type);
      const wanted = { name: 'Scale parameters', origin, externalId: paramsRecipe, ...content(body.type, body.params ?? {}) };
      let shown: Params = {};
      await make(caller, body, async (tx, { id }) => {
        const [project] = await projects.find(caller, { ids: [id] }, tx);
        if (!project) throw notFound('project', body.name);
        shown = renderProject(project, [await recipes.createIn(tx, caller, id, wanted)]);
        await keep(tx, shown);
      });
      return shown;
    },

    async list(caller: Caller): Promise<Params[]> {
      const shown = (await projects.find(caller)).filter((project) => isShown(caller, project));
      const histories = Map.groupBy(await recipes.histories(caller, { origin, externalId: paramsRecipe }), (recipe) => recipe.projectId);
      return shown.map((project) => renderProject(project, histories.get(project.id) ?? []));
    },

    async show(caller: Caller, name: string): Promise<Params> {
      const project = await get(caller, name);
      return renderProject(project, await history(caller, project));
    },

    /** A new version: the newest parameters with the given ones on top (`patch`), or the given ones alone. */
    async setParams(caller: Caller, name: string, patch: boolean, params: Params): Promise<Params> {
      const project = await get(caller, name);
      const type = factsOf(project).type ?? defaultType;
      const recipe = await recipes.ofDoor(caller, project.id, origin, paramsRecipe);
      if (recipe) await recipes.revise(caller, recipe.id, (newest) => content(type, patch ? { ...newest.params, ...params } : params));
      else await recipes.create(caller, { project: project.id, name: 'Scale parameters', origin, externalId: paramsRecipe, ...content(type, params) });
      return renderProject(project, await history(caller, project));
    },

    async template(caller: Caller, name: string): Promise<Params> {
      const project = await get(caller, name);
      const type = factsOf(project).type ?? defaultType;
      if (type !== 'chat' && type !== 'textcollection') throw new Fault('invalid_request', 'Task templates exist for projects of the types chat and textcollection only.');
      const recipe = await recipes.ofDoor(caller, project.id, origin, paramsRecipe);
      if (!recipe) throw notFound('task template of project', name);
      return {
        id: toObjectId(recipe.id),
        project: name,
        version: recipe.version - 1,
        created_at: recipe.createdAt,
        updated_at: recipe.updatedAt,
        template_variables: recipe.params,
        response_schema: null,
        auto_onboard_enabled: false,
      };
    },

    /** The parameters that a task takes over: of the newest version, of an older one, or of none (-1). */
    async inherited(caller: Caller, project: StoredProject, version: number | undefined): Promise<StoredRecipe | undefined> {
      if (version === -1) return undefined;
      const newest = await recipes.ofDoor(caller, project.id, origin, paramsRecipe);
      if (version === undefined || newest?.version === version + 1) return newest;
      if (!newest || version + 1 > newest.version) throw badParameter('project_version', `must be a version of the project, from 0 to ${(newest?.version ?? 0) - 1}`);
      return recipes.get(caller, newest.id, version + 1);
    },

    /** The project of the organisation that holds what was made without one. */
    async ofNone(caller: Caller): Promise<string> {
      const key = `${caller.userId} ${modeOf(caller)} ${caller.onlyProjectId ?? ''}`;
      const known = defaults.get(key);
      if (known !== undefined) return known;
      const facts: ProjectFacts = { default: true, ...(caller.test ? { test: true } : {}) };
      const name = caller.test ? 'Scale (test)' : 'Scale';
      const { id } = await projects.ensure(caller, { externalId: idOfNone(caller), name, role: 'developer', extra: { scale: facts } });
      if (defaults.size >= 10_000) defaults.clear();
      defaults.set(key, id);
      return id;
    },

    /** Who is called for a task that does not say: whom its project names, else whom that of {@link ofNone} names. */
    async callbackUrl(caller: Caller, projectId: string, on: Queryable): Promise<string | null> {
      const [own] = await projects.find(caller, { ids: [projectId] }, on);
      if (own?.callbackUrl) return own.callbackUrl;
      const [account] = await projects.find(caller, { externalId: idOfNone(caller) }, on);
      return account?.callbackUrl ?? null;
    },

    /** Forgets where {@link ofNone} is: it was deleted meanwhile. */
    forget: (): void => defaults.clear(),
  };
}

export type ScaleProjects = ReturnType<typeof scaleProjects>;

function content(type: string, params: Params) {
  const { instruction } = params;
  return { ...recipeContent(type, params), instructions: typeof instruction === 'string' ? instruction : '', params };
}

function renderProject(project: StoredProject, history: readonly StoredRecipe[]): Params {
  const facts = factsOf(project);
  return {
    id: toObjectId(project.id),
    name: nameOf(project),
    type: facts.type ?? defaultType,
    created_at: project.createdAt,
    param_history: history.map((recipe) => ({ ...recipe.params, version: recipe.version - 1, created_at: recipe.updatedAt })),
    ...(facts.rapid ? { rapid: true } : {}),
    ...(facts.studio ? { studio: true } : {}),
    ...(facts.datasetId === undefined ? {} : { datasetId: facts.datasetId }),
  };
}
