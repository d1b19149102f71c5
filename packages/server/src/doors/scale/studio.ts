import { newId, toObjectId } from '@fovea/contract';
import { Fault, notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { StoredProject } from '../../identity/projects/store.ts';
import type { StoredBatch } from '../../labeling/batches/store.ts';
import { batchFacts, type ScaleBatches } from './batches.ts';
import { origin, type ScaleDeps } from './context.ts';
import { badParameter } from './errors.ts';
import { factsOf, nameOf, type ProjectGroup, type ScaleProjects } from './projects.ts';
import type { Json } from '../../labeling/task-types/work.ts';

const maxBatches = 10_000;
/** Labelers of a project; everybody above may label too, but is not assigned. */
const labeler = 'annotator';

type Assignments = Record<string, string[]>;

/** Studio: who labels in which project, in which groups, and in which order batches are worked on. */
export function scaleStudio({ rooms }: Pick<ScaleDeps, 'rooms'>, projects: ScaleProjects, batches: ScaleBatches) {
  async function shown(caller: Caller): Promise<StoredProject[]> {
    return (await rooms.projects.find(caller)).filter((project) => !factsOf(project).default && (factsOf(project).test ?? false) === caller.test);
  }

  async function assignments(caller: Caller): Promise<Assignments> {
    const all = await shown(caller);
    const names = new Map(all.map((project) => [project.id, nameOf(project)]));
    const result: Assignments = {};
    for (const { email, role, projectId } of await rooms.members.ofProjects(caller, [...names.keys()])) {
      if (role === labeler) (result[email] ??= []).push(names.get(projectId) ?? '');
    }
    return result;
  }

  /** Projects by name, all of them or a fault. */
  async function named(caller: Caller, names: readonly string[]): Promise<StoredProject[]> {
    const found: StoredProject[] = [];
    for (const name of names) found.push(await projects.get(caller, name));
    return found;
  }

  async function assignedTo(caller: Caller, project: StoredProject): Promise<Map<string, string>> {
    const members = await rooms.members.ofProjects(caller, [project.id]);
    return new Map(members.map((member) => [member.email, member.userId]));
  }

  function needAssigned(assigned: ReadonlyMap<string, string>, emails: readonly string[]): void {
    const missing = emails.find((email) => !assigned.has(email));
    if (missing !== undefined) throw badParameter('emails', `must be people who are assigned to the project; "${missing}" is not`);
  }

  function showGroup({ id, name, emails }: ProjectGroup, assigned: ReadonlyMap<string, string>): Json {
    const workers = emails.map((email) => ({ id: toObjectId(assigned.get(email) ?? id), email }));
    return { id: toObjectId(id), name, numWorkers: workers.length, isSingleton: workers.length === 1, workers };
  }

  async function changeGroups(caller: Caller, project: StoredProject, change: (groups: ProjectGroup[]) => ProjectGroup[]): Promise<void> {
    await rooms.projects.changeExtra(caller, project.id, (extra) => {
      const facts = factsOf({ extra });
      return { ...(extra as object | null), scale: { ...facts, groups: change(facts.groups ?? []) } };
    });
  }

  /** Batches of Studio projects that are not done, in the order in which they are worked on. */
  async function pending(caller: Caller): Promise<{ batch: StoredBatch; project: StoredProject }[]> {
    const studio = new Map((await shown(caller)).filter((project) => factsOf(project).studio).map((project) => [project.id, project]));
    if (studio.size === 0) return [];
    const found = await rooms.batches.find(caller, { origin, projectIds: [...studio.keys()], statuses: ['staging', 'in_progress'] }, { limit: maxBatches });
    const oldestFirst = (a: StoredBatch, b: StoredBatch) => (a.id < b.id ? -1 : 1);
    const known = found.flatMap((batch) => {
      const project = studio.get(batch.projectId);
      return project ? [{ batch, project }] : [];
    });
    return known.sort((a, b) => b.batch.priority - a.batch.priority || Number(isCalibration(b.batch)) - Number(isCalibration(a.batch)) || oldestFirst(a.batch, b.batch));
  }

  async function showBatches(caller: Caller): Promise<Json[]> {
    return (await pending(caller)).map(({ batch, project }, index) => ({
      id: toObjectId(batch.id),
      name: batch.name,
      projectId: toObjectId(project.id),
      projectName: nameOf(project),
      batchType: isCalibration(batch) ? 'Calibration' : 'Production',
      studioPriority: index + 1,
      total: batch.counts.total,
      completed: batch.counts.completed,
      groups: batchFacts(batch).groups ?? [],
    }));
  }

  return {
    assignments,

    async assign(caller: Caller, emails: readonly string[], names: readonly string[]): Promise<Assignments> {
      for (const project of await named(caller, names)) {
        const assigned = await assignedTo(caller, project);
        for (const email of emails) if (!assigned.has(email)) await rooms.members.set(caller, project.id, email, labeler).catch(asBadRequest);
      }
      return assignments(caller);
    },

    async unassign(caller: Caller, emails: readonly string[], names: readonly string[]): Promise<Assignments> {
      for (const project of await named(caller, names)) {
        const members = await rooms.members.ofProjects(caller, [project.id]);
        for (const { email, role } of members) if (role === labeler && emails.includes(email)) await rooms.members.remove(caller, project.id, email);
      }
      return assignments(caller);
    },

    async groups(caller: Caller, name: string): Promise<Json[]> {
      const project = await projects.get(caller, name);
      const assigned = await assignedTo(caller, project);
      return (factsOf(project).groups ?? []).map((group) => showGroup(group, assigned));
    },

    async createGroup(caller: Caller, name: string, body: { name: string; emails: string[] }): Promise<Json> {
      const project = await projects.get(caller, name);
      const assigned = await assignedTo(caller, project);
      needAssigned(assigned, body.emails);
      const group: ProjectGroup = { id: newId(), name: body.name, emails: [...new Set(body.emails)] };
      await changeGroups(caller, project, (groups) => {
        if (groups.some((other) => other.name === body.name)) throw new Fault('conflict', `A group named "${body.name}" already exists in the project.`);
        return [...groups, group];
      });
      return showGroup(group, assigned);
    },

    async changeGroup(caller: Caller, name: string, groupName: string, body: { add_emails?: string[] | undefined; remove_emails?: string[] | undefined }): Promise<Json> {
      const project = await projects.get(caller, name);
      const assigned = await assignedTo(caller, project);
      const { add_emails: added = [], remove_emails: removed = [] } = body;
      needAssigned(assigned, added);
      let changed: ProjectGroup | undefined;
      await changeGroups(caller, project, (groups) =>
        groups.map((group) => {
          if (group.name !== groupName && toObjectId(group.id) !== groupName) return group;
          changed = { ...group, emails: [...new Set([...group.emails, ...added])].filter((email) => !removed.includes(email)) };
          return changed;
        }),
      );
      if (!changed) throw notFound('group', groupName);
      return showGroup(changed, assigned);
    },

    batches: showBatches,

    /** Replaces the groups that work on a batch; an e-mail stands for a group of one. Their members become the batch's people. */
    async setBatchGroups(caller: Caller, name: string, groups: readonly string[]): Promise<Json> {
      const batch = await batches.get(caller, name);
      const [project] = await rooms.projects.find(caller, { ids: [batch.projectId] });
      if (!project) throw notFound('batch', name);
      const known = factsOf(project).groups ?? [];
      const assigned = await assignedTo(caller, project);
      const emails = groups.flatMap((group) => {
        const found = known.find((one) => one.name === group || toObjectId(one.id) === group);
        if (found) return found.emails;
        if (!assigned.has(group)) throw badParameter('groups', `must be groups of the project or people who are assigned to it; "${group}" is neither`);
        return [group];
      });
      await rooms.batches.assign(caller, batch.id, [...new Set(emails)].map((email) => ({ email, load: null })));
      await rooms.batches.update(caller, batch.id, { extra: { ...batchFacts(batch), groups: [...groups] } });
      const shownBatch = (await showBatches(caller)).find((one) => one['name'] === name);
      if (!shownBatch) throw notFound('Studio batch', name);
      return shownBatch;
    },

    /** Puts all pending batches into the given order. */
    async setPriorities(caller: Caller, names: readonly string[]): Promise<Json[]> {
      const all = await pending(caller);
      const missing = all.find(({ batch }) => !names.includes(batch.name));
      const unknown = names.find((name) => !all.some(({ batch }) => batch.name === name));
      if (missing) throw badParameter('batches', `must name every pending batch; "${missing.batch.name}" is missing`);
      if (unknown !== undefined) throw badParameter('batches', `must name pending Studio batches; "${unknown}" is none`);
      for (const { batch } of all) await setPriority(caller, batch, names.length - names.indexOf(batch.name));
      return showBatches(caller);
    },

    /** The usual order again: calibration first, then oldest first. */
    async resetPriorities(caller: Caller): Promise<Json[]> {
      for (const { batch } of await pending(caller)) await setPriority(caller, batch, 0);
      return showBatches(caller);
    },
  };

  async function setPriority(caller: Caller, batch: StoredBatch, priority: number): Promise<void> {
    if (batch.priority !== priority) await rooms.batches.update(caller, batch.id, { priority });
  }
}

function isCalibration(batch: StoredBatch): boolean {
  return batchFacts(batch).calibration ?? false;
}

function asBadRequest(error: unknown): never {
  if (error instanceof Fault && error.code === 'conflict') throw new Fault('invalid_request', error.message);
  throw error;
}
