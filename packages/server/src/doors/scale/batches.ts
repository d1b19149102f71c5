import { toObjectId, type Batch } from '@fovea/contract';
import { Fault, notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { BatchAlone, BatchFilter, StoredBatch } from '../../labeling/batches/store.ts';
import type { WhenMade } from '../../engines/database/database.ts';
import { origin, type ScaleDeps } from './context.ts';
import { badParameter } from './errors.ts';
import { factsOf, nameOf, type ScaleProjects } from './projects.ts';
import type { Json } from '../../labeling/task-types/work.ts';
import { readTime } from './times.ts';
import { pageLimit, single, wholeNumber, type BatchBody } from './wire.ts';

/** What the door keeps on a batch. */
export interface BatchFacts {
  calibration?: boolean;
  selfLabel?: boolean;
  /** Studio groups, and e-mails of single people, that work on it. */
  groups?: string[];
}

export function batchFacts(batch: Pick<BatchAlone, 'extra'>): BatchFacts {
  return (batch.extra as BatchFacts | null) ?? {};
}

const statuses: Readonly<Record<Batch['status'], string>> = { staging: 'staging', in_progress: 'in_progress', completed: 'completed', cancelled: 'canceled' };
const settings = { reviewShare: 0, leaseSeconds: 900, people: 1 };

export function showBatch(batch: BatchAlone, project: string): Json {
  const facts = batchFacts(batch);
  return {
    id: toObjectId(batch.id),
    name: batch.name,
    project,
    status: statuses[batch.status],
    callback: batch.callbackUrl,
    calibration_batch: facts.calibration ?? false,
    self_label_batch: facts.selfLabel ?? false,
    metadata: batch.metadata,
    created_at: batch.createdAt,
    updated_at: batch.updatedAt,
    ...(batch.completedAt === null ? {} : { completed_at: batch.completedAt }),
  };
}

/** The counts of a batch's tasks by status. */
export function showCounts({ status, counts }: Pick<StoredBatch, 'status' | 'counts'>): Json {
  const { pending, claimed, submitted, completed, error, cancelled } = counts;
  return { status: statuses[status], pending: pending + claimed + submitted, completed, error, canceled: cancelled };
}

/** Batches: one name each over the whole account. */
export function scaleBatches({ rooms }: Pick<ScaleDeps, 'rooms'>, projects: ScaleProjects) {
  const { batches } = rooms;

  async function get(caller: Caller, name: string): Promise<BatchAlone> {
    const [found] = await batches.findAlone(caller, { origin, externalId: name }, { limit: 1 });
    if (!found) throw notFound('batch', name);
    return found;
  }

  async function show(caller: Caller, ...rows: BatchAlone[]): Promise<Json[]> {
    const found = rows.length === 0 ? [] : await rooms.projects.find(caller, { ids: [...new Set(rows.map((row) => row.projectId))] });
    const names = new Map(found.map((project) => [project.id, nameOf(project)]));
    return rows.map((row) => showBatch(row, names.get(row.projectId) ?? ''));
  }

  async function one(caller: Caller, batch: BatchAlone): Promise<Json> {
    return (await show(caller, batch))[0] ?? {};
  }

  return {
    get,

    /** Batches of Rapid and Studio projects are filled before they are worked on; all others are open at once. */
    async create(caller: Caller, body: BatchBody, keep: WhenMade<Json>): Promise<Json> {
      const project = await projects.get(caller, body.project);
      const { rapid, studio } = factsOf(project);
      const facts: BatchFacts = { ...(body.calibration_batch ? { calibration: true } : {}), ...(body.self_label_batch ? { selfLabel: true } : {}) };
      const made = await batches.create(caller, {
        project: project.id,
        name: body.name,
        kind: 'annotation',
        priority: 0,
        dueAt: null,
        callbackUrl: body.callback || null,
        settings,
        assignments: [],
        metadata: body.metadata ?? {},
        origin,
        externalId: body.name,
        extra: facts,
        open: !(rapid || studio),
      }, (tx, batch) => keep(tx, showBatch(batch, nameOf(project))));
      return showBatch(made, nameOf(project));
    },

    async list(caller: Caller, query: Record<string, unknown>): Promise<Json> {
      const limit = pageLimit(query);
      const offset = wholeNumber(query, 'offset', 0) ?? 0;
      const filter = await filterOf(caller, query);
      if (!filter) return { docs: [], totalDocs: 0, limit, offset, has_more: false };
      const [rows, totalDocs] = await Promise.all([batches.findAlone(caller, filter, { limit: limit + 1, offset }), batches.count(caller, filter)]);
      return { docs: await show(caller, ...rows.slice(0, limit)), totalDocs, limit, offset, has_more: rows.length > limit };
    },

    async read(caller: Caller, name: string): Promise<Json> {
      return one(caller, await get(caller, name));
    },

    async status(caller: Caller, name: string): Promise<Json> {
      const [found] = await batches.find(caller, { origin, externalId: name }, { limit: 1 });
      if (!found) throw notFound('batch', name);
      return showCounts(found);
    },

    /** Opens a staged batch; any other stays as it is. Test tasks that waited in it complete now. */
    async finalize(caller: Caller, name: string): Promise<Json> {
      const batch = await get(caller, name);
      if (batch.status !== 'staging') return one(caller, batch);
      try {
        await batches.finalize(caller, batch.id, batch.test ? (tx) => rooms.tasks.prepareBatch(tx, caller, batch.id) : undefined);
      } catch (error) {
        // Somebody else was quicker: it is open all the same.
        if (!(error instanceof Fault) || error.code !== 'illegal_state') throw error;
      }
      return one(caller, await get(caller, name));
    },

    async setMetadata(caller: Caller, name: string, metadata: Json): Promise<Json> {
      const batch = await get(caller, name);
      return one(caller, await batches.update(caller, batch.id, { metadata }));
    },
  };

  async function filterOf(caller: Caller, query: Record<string, unknown>): Promise<Omit<BatchFilter, 'orgId' | 'visible' | 'test'> | undefined> {
    const time = (key: string) => {
      const given = single(query, key);
      return given === undefined ? undefined : readTime(key, given);
    };
    const status = single(query, 'status');
    if (status !== undefined && !['staging', 'in_progress', 'completed'].includes(status)) throw badParameter('status', 'must be staging, in_progress or completed');
    const name = single(query, 'project');
    const project = name === undefined ? undefined : await projects.find(caller, name);
    if (name !== undefined && !project) return undefined;
    return {
      origin,
      ...(project ? { projectIds: [project.id] } : {}),
      status,
      createdFrom: time('start_time'),
      createdTo: time('end_time'),
      completedFrom: time('completed_after'),
      completedTo: time('completed_before'),
      auditedFrom: time('audited_after'),
      auditedTo: time('audited_before'),
    };
  }
}

export type ScaleBatches = ReturnType<typeof scaleBatches>;
