import type { Item } from '@fovea/contract';
import { bounds } from '@fovea/geometry';
import type { Tx } from '../../engines/database/database.ts';
import type { StoredAnnotation } from '../../labeling/annotations/store.ts';
import type { StoredTask } from '../../labeling/tasks/store.ts';
import type { ScaleDeps } from './context.ts';
import { buildResponse } from './response/response.ts';
import type { Json, Media, WorkAnnotation } from '../../labeling/task-types/work.ts';
import { taskFacts } from './show-task.ts';

/** The response of a task that a person did in Fovea: its annotations and answers in the protocol's words. */
export function humanResponse({ rooms }: Pick<ScaleDeps, 'rooms'>) {
  return async (tx: Tx, task: StoredTask, how: { fixed: boolean }): Promise<Json> => {
    const files = (taskFacts(task).items ?? []).flatMap((id) => id ?? []);
    const itemIds = files.length > 0 ? files : task.itemId === null ? [] : [task.itemId];
    const { annotations: found, item } = await rooms.annotations.ofTask(tx, { taskId: task.id, itemIds, by: task.submittedBy, since: task.createdAt });
    const annotations = found.map((annotation): WorkAnnotation => toWork(annotation, itemIds));
    const response = buildResponse({ type: task.type, params: task.params, annotations, answers: task.response ?? {}, media: mediaOf(item, annotations, itemIds.length) });
    return how.fixed ? { ...response, is_customer_fix: true } : response;
  };
}

function toWork(annotation: StoredAnnotation, itemIds: readonly string[]): WorkAnnotation {
  const { id, type, label, geometry, attributes, frame, endFrame, keyframes, confidence, source, group } = annotation;
  const page = Math.max(itemIds.indexOf(annotation.itemId), 0);
  return { id, type, label, geometry, attributes, frame, endFrame, ...(keyframes ? { keyframes } : {}), confidence, source, ...(group === undefined ? {} : { group }), page };
}

/** Sides of the first file; where nobody could tell them, as large as what was drawn. */
function mediaOf(item: Item | undefined, annotations: readonly WorkAnnotation[], pages: number): Media {
  const drawn = (axis: 0 | 1) => Math.ceil(Math.max(1, ...annotations.flatMap(({ geometry }) => farthest(geometry, axis))));
  return { width: item?.width ?? drawn(0), height: item?.height ?? drawn(1), frames: item?.frames ?? 1, fps: item?.fps ?? 0, pages: Math.max(pages, 1) };
}

function farthest(geometry: WorkAnnotation['geometry'], axis: 0 | 1): number {
  if (geometry.type === 'mask') return geometry.rle.size[axis === 0 ? 1 : 0];
  const box = bounds(geometry);
  return box === undefined ? 1 : axis === 0 ? box.x + box.width : box.y + box.height;
}
