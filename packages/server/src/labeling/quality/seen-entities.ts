// What filters and orders can speak of, as it looks to who is measured by known answers: the same as lists and single things look to them.
import sql from 'sql-template-tag';
import { itemEntity } from '../../catalog/items/entity.ts';
import { column, type Entity } from '../../catalog/query/entity.ts';
import { annotationEntity } from '../annotations/entity.ts';
import { batchEntity } from '../batches/entity.ts';
import { taskEntity } from '../tasks/entity.ts';
import { countShownTo, shownTo, taskShownTo } from './hidden.ts';

/** The entities that filters join to each other. */
export interface SeenEntities {
  items: Entity;
  annotations: Entity;
  tasks: Entity;
  batches: Entity;
}

const everything: SeenEntities = { items: itemEntity, annotations: annotationEntity, tasks: taskEntity, batches: batchEntity };

/** The entities as a worker sees them; to everybody else (no worker) as they are. */
export function seenBy(worker: string | undefined): SeenEntities {
  if (worker === undefined) return everything;
  const seen: SeenEntities = {
    items: { ...joined(itemEntity), fields: { ...itemEntity.fields, annotationCount: column((t) => countShownTo(worker, t), 'number', { numberAs: 'whole', required: true }) } },
    // Drafts are among them where they are to look final: their revision and time are those that are shown.
    annotations: {
      ...joined(annotationEntity),
      fields: {
        ...annotationEntity.fields,
        revision: column((t) => sql`(${t}.revision + ${t}.draft::int)`, 'number', { numberAs: 'whole', required: true }),
        updatedAt: column((t) => sql`(case when ${t}.draft then (select h.completed_at from tasks h where h.id = ${t}.task_id) else ${t}.updated_at end)`, 'time', { required: true }),
      },
      alive: (t) => sql`${t}.deleted_at is null and (${shownTo(worker, t)})`,
    },
    tasks: { ...joined(taskEntity), alive: (t) => sql`${taskEntity.alive(t)} and ${taskShownTo(worker, t)}` },
    batches: joined(batchEntity),
  };

  /** The entity with joins to what the worker sees. */
  function joined(entity: Entity): Entity {
    const having = Object.entries(entity.having).map(([name, join]) => [name, { ...join, entity: () => seen[name as keyof SeenEntities] }]);
    return { ...entity, having: Object.fromEntries(having) as Entity['having'] };
  }
  return seen;
}
