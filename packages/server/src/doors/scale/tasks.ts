import { fromObjectId, isId, toObjectId } from '@fovea/contract';
import { Fault, notFound } from '../../fault.ts';
import { systemCaller, type Caller } from '../../identity/caller.ts';
import type { StoredProject } from '../../identity/projects/store.ts';
import type { BatchAlone } from '../../labeling/batches/store.ts';
import type { StoredRecipe } from '../../labeling/recipes/store.ts';
import type { StoredTask } from '../../labeling/tasks/store.ts';
import { origin, type ScaleDeps } from './context.ts';
import { badParameter } from './errors.ts';
import { contentDigest, recipeContent, saysLabels } from '../../labeling/task-types/labels.ts';
import { madeUpWork } from '../../labeling/task-types/made-up.ts';
import { attachmentsOf } from '../../labeling/task-types/params.ts';
import type { Json } from '../../labeling/task-types/work.ts';
import type { Tx, WhenMade } from '../../engines/database/database.ts';
import type { Links } from './links.ts';
import { factsOf, nameOf, type ScaleProjects } from './projects.ts';
import { buildResponse } from './response/response.ts';
import { namesFor, responseOf, showTask, type Names, type TaskFacts } from './show-task.ts';
import { checkParams, needType } from './task-types.ts';
import { tagLimit, taskBody, parse, type TaskBody } from './wire.ts';

/** Fields that stand beside `params`, with what a project may hand down of them. */
const topLevel = ['project', 'batch', 'instruction', 'callback_url', 'metadata', 'unique_id', 'clear_unique_id_on_error', 'tags', 'priority', 'urgency', 'project_version'] as const;
const notInherited = ['project', 'batch', 'unique_id', 'project_version'];

/** The id of a task in its 24 digits (or ours in full); whatever cannot be one names nothing. */
export function taskIdOf(text: string): string {
  const id = isId(text) ? text : fromObjectId(text.toLowerCase());
  if (id === undefined) throw notFound('task', text);
  return id;
}

export type ScaleTasks = ReturnType<typeof scaleTasks>;

export function scaleTasks(deps: ScaleDeps, projects: ScaleProjects, links: Links) {
  const { rooms } = deps;
  const { tasks, batches, recipes } = rooms;

  async function show(caller: Caller, task: StoredTask): Promise<Json> {
    return showTask(task, await namesFor(deps, caller, [task]), links);
  }

  async function get(caller: Caller, id: string): Promise<StoredTask> {
    const task = await tasks.get(caller, taskIdOf(id));
    if (task.origin !== origin) throw notFound('task', id);
    return task;
  }

  async function placeOf(caller: Caller, body: TaskBody): Promise<{ project: StoredProject | undefined; batch: BatchAlone | undefined }> {
    let project = body.project === undefined ? undefined : await projects.find(caller, body.project);
    if (body.project !== undefined && !project) throw badParameter('project', `names no project: there is no "${body.project}"`);
    if (body.batch === undefined) {
      if (project && factsOf(project).rapid) throw badParameter('batch', 'is required in a Rapid project');
      return { project, batch: undefined };
    }
    const [batch] = await batches.findAlone(caller, { origin, externalId: body.batch }, { limit: 1 });
    if (!batch || (project && batch.projectId !== project.id)) throw badParameter('batch', `names no batch${project ? ' of the project' : ''}: there is no "${body.batch}"`);
    if (batch.status === 'cancelled') throw badParameter('batch', 'is canceled');
    project ??= (await rooms.projects.find(caller, { ids: [batch.projectId] }))[0];
    return { project, batch };
  }

  /** The recipe that people label the task with: its own where it says labels, else the project's. */
  async function recipeFor(caller: Caller, projectId: string, task: { type: string; params: Json; own: Json; inherited: StoredRecipe | undefined }): Promise<{ recipe?: string; recipeVersion?: number }> {
    const { inherited } = task;
    if (!saysLabels(task.own)) return inherited ? { recipe: inherited.id, recipeVersion: inherited.version } : {};
    const content = recipeContent(task.type, task.params);
    const made = await recipes.ensure(caller, projectId, { name: `Scale ${task.type}`, origin: `${origin}.task`, externalId: contentDigest(content), ...content });
    return { recipe: made.id, recipeVersion: made.version };
  }

  /** Makes a task of the parsed request: parameters taken over from the project, then checked, then stored. */
  async function make(caller: Caller, type: string, given: unknown, more: { origin: string; quality?: TaskFacts['quality']; whenMade: (tx: Tx, made: StoredTask, names: Names) => Promise<void> }): Promise<{ task: StoredTask; names: Names }> {
    const typeName = needType(type);
    const named = parse(taskBody, given);
    const { project, batch } = await placeOf(caller, named);
    const inherited = project ? await projects.inherited(caller, project, named.project_version) : undefined;
    const passedOn = Object.fromEntries(Object.entries(inherited?.params ?? {}).filter(([key]) => !notInherited.includes(key) && key !== 'instruction'));
    const body = parse(taskBody, { ...passedOn, ...named });
    const params = Object.fromEntries(Object.entries(body).filter(([key]) => !(topLevel as readonly string[]).includes(key)));
    checkParams(type, params, project && body.project);
    const facts: TaskFacts = {
      ...(body.urgency === undefined ? {} : { urgency: body.urgency }),
      ...(inherited ? { paramVersion: inherited.version - 1 } : {}),
      ...(project ? { inProject: true } : {}),
      ...(body.clear_unique_id_on_error ? { clearUniqueIdOnError: true } : {}),
      ...(more.quality ? { quality: { ...more.quality, ...(batch ? { batch: batch.name } : {}) } } : {}),
    };
    const names: Names = { projects: new Map(project ? [[project.id, nameOf(project)]] : []), batches: new Map(batch ? [[batch.id, batch.name]] : []), pages: new Map() };
    const store = async (projectId: string): Promise<StoredTask> =>
      tasks.create(caller, {
        project: projectId,
        ...(batch && !more.quality ? { batch: batch.id } : {}),
        type: typeName,
        instruction: [body.instruction, inherited?.instructions].filter((text) => text !== undefined && text !== '').join('\n\n'),
        params,
        ...(attachmentsOf(type, params).length > 0 ? { attachment: attachmentsOf(type, params)[0]?.url ?? '' } : {}),
        priority: body.priority ?? 0,
        ...(body.unique_id === undefined ? {} : { uniqueId: body.unique_id }),
        ...(body.tags === undefined ? {} : { tags: [...new Set(body.tags)] }),
        metadata: body.metadata ?? {},
        ...(body.callback_url ? { callbackUrl: body.callback_url } : {}),
        origin: more.origin,
        extra: facts,
        ...(await recipeFor(caller, projectId, { type, params, own: named, inherited })),
      }, (tx, made) => more.whenMade(tx, made, names));
    const stored = async (): Promise<StoredTask> => {
      if (project) return store(project.id);
      try {
        return await store(await projects.ofNone(caller));
      } catch (error) {
        // The project for tasks without one may have been deleted since it was last used.
        if (!(error instanceof Fault) || error.code !== 'not_found') throw error;
        projects.forget();
        return store(await projects.ofNone(caller));
      }
    };
    const task = await stored().catch(async (error: unknown) => {
      throw await uniqueIdFault(caller, error, body.unique_id);
    });
    return { task, names };
  }

  /** The same fault with the id as callers know it. */
  async function uniqueIdFault(caller: Caller, error: unknown, uniqueId: string | undefined): Promise<unknown> {
    if (!(error instanceof Fault) || error.code !== 'conflict' || uniqueId === undefined) return error;
    const holder = await tasks.holderOf(caller, uniqueId);
    return new Fault('conflict', `The unique_id ("${uniqueId}") is already used for a different task (${toObjectId(holder)}).`);
  }

  return {
    get,
    show,
    make,

    /** Creates a task. One of a test key completes itself at once, but the answer still says `pending`. */
    async create(caller: Caller, type: string, body: unknown, keep: WhenMade<Json>): Promise<Json> {
      const { task, names } = await make(caller, type, body, { origin, whenMade: (tx, made, named) => keep(tx, showTask(made, named, links)) });
      if (task.test) await completeTest(deps, task);
      return showTask(task, names, links);
    },

    async read(caller: Caller, id: string): Promise<Json> {
      return show(caller, await get(caller, id));
    },

    async cancel(caller: Caller, id: string, clearUniqueId: boolean): Promise<Json> {
      const task = await get(caller, id);
      if (task.status !== 'cancelled') {
        if (task.status === 'completed') throw new Fault('invalid_request', 'The task is completed and cannot be canceled.');
        return show(caller, await tasks.cancel(caller, task.id, { clearUniqueId, unclaimed: true }));
      }
      return show(caller, clearUniqueId && task.uniqueId !== null ? await tasks.update(caller, task.id, { uniqueId: null }) : task);
    },

    async audit(caller: Caller, id: string, audit: { accepted: boolean; comments?: string | undefined }): Promise<Json> {
      const task = await get(caller, id);
      if (task.status !== 'completed') throw new Fault('invalid_request', 'Only completed tasks can be audited.');
      return show(caller, await tasks.review(caller, task.id, { verdict: audit.accepted ? 'accept' : 'reject', comment: audit.comments }));
    },

    async setUniqueId(caller: Caller, id: string, uniqueId: string | null): Promise<Json> {
      const task = await get(caller, id);
      const after = await tasks.update(caller, task.id, { uniqueId }).catch(async (error: unknown) => {
        throw await uniqueIdFault(caller, error, uniqueId ?? undefined);
      });
      return show(caller, after);
    },

    async setMetadata(caller: Caller, id: string, metadata: Json): Promise<Json> {
      const task = await get(caller, id);
      return show(caller, await tasks.update(caller, task.id, { metadata }));
    },

    async changeTags(caller: Caller, id: string, how: 'set' | 'add' | 'remove', given: readonly string[]): Promise<Json> {
      const task = await get(caller, id);
      const after = await tasks.changeTags(caller, task.id, (now) => {
        const next = how === 'set' ? [...new Set(given)] : how === 'add' ? [...new Set([...now, ...given])] : now.filter((tag) => !given.includes(tag));
        if (next.length > tagLimit) throw badParameter('tags', `must have at most ${tagLimit} tags`);
        return next;
      });
      return show(caller, after);
    },

    responseOf: (task: StoredTask) => responseOf(task, links),
  };
}

/** The platform itself, in the task's organisation and mode. */
export function platformFor(task: Pick<StoredTask, 'orgId' | 'test'>): Caller {
  return { ...systemCaller(task.orgId), test: task.test };
}

/** Completes a test task with a response of its type, unless its batch is still being filled. */
export async function completeTest({ rooms }: Pick<ScaleDeps, 'rooms'>, task: StoredTask): Promise<void> {
  const [batch] = task.batchId === null ? [] : await rooms.batches.findAlone(platformFor(task), { ids: [task.batchId] }, { limit: 1 });
  if (batch?.status === 'staging') return;
  await rooms.tasks.finish({ orgId: task.orgId, email: task.createdBy }, task.id, buildResponse(madeUpWork(task)));
}
