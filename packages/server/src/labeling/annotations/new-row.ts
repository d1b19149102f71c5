import { newId, type annotations, type Parsed } from '@fovea/contract';
import type { StoredItem } from '../../catalog/items/store.ts';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { annotationFault } from './check.ts';
import type { NewAnnotation } from './store.ts';

/** An annotation as it is given to be made. */
export type AnnotationInput = Parsed<typeof annotations.create>['body']['annotations'][number];

/** What a door may add to an annotation: its own id and what it must echo, and the file that came with it. */
export interface DoorExtras {
  blob?: string | undefined;
  origin?: string | undefined;
  externalId?: string | undefined;
  extra?: unknown;
  createdBy?: string | undefined;
}

/** Row of a new annotation, checked; throws `invalid_request` that names the place `at`. */
export function newRow(caller: Caller, item: StoredItem, input: AnnotationInput & DoorExtras, options: { taskId?: string | undefined; at?: string } = {}): NewAnnotation {
  const fault = annotationFault(input, item);
  if (fault) throw invalid(options.at ?? 'body', fault);
  return {
    id: input.id ?? newId(),
    orgId: caller.orgId,
    projectId: item.projectId,
    datasetId: item.datasetId,
    itemId: item.id,
    type: input.type,
    label: input.label,
    geometry: input.geometry,
    attributes: input.attributes,
    frame: input.frame,
    endFrame: input.endFrame,
    keyframes: input.keyframes ?? null,
    confidence: input.confidence,
    source: input.source,
    group: input.group ?? null,
    zOrder: input.zOrder ?? null,
    status: input.status ?? null,
    metadata: input.metadata ?? {},
    blob: input.blob ?? null,
    taskId: options.taskId ?? null,
    draft: options.taskId !== undefined,
    origin: input.origin ?? null,
    externalId: input.externalId ?? null,
    extra: input.extra ?? null,
    createdBy: input.createdBy ?? caller.email,
  };
}

export function invalid(path: string, message: string): Fault {
  return new Fault('invalid_request', `${path}: ${message}`, { errors: [{ path, message }] });
}
