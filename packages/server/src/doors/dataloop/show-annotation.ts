import { createHash } from 'node:crypto';
import { recordsOfDataloop } from '@fovea/formats';
import type { StoredAnnotation } from '../../labeling/annotations/store.ts';
import { drawnMark, notesOf, valuedMark } from './annotation-notes.ts';
import { typeOfGeometry } from './annotation-types.ts';
import { toWireId } from './ids.ts';
import { asJson, type Json } from './json.ts';

/** An annotation as the wire has it; `url` makes addresses of paths. */
export function showAnnotation(url: (path: string) => string, annotation: StoredAnnotation): Json {
  const id = toWireId(annotation.id);
  const itemId = toWireId(annotation.itemId);
  const datasetId = toWireId(annotation.datasetId);
  const notes = notesOf(annotation.extra);
  const same = notes !== undefined && notes.drawn === drawnMark(annotation);
  const shape = same ? { type: notes.type, coordinates: notes.coordinates ?? [] } : drawnElsewhere(annotation);
  return {
    id,
    url: url(`/annotations/${id}`),
    datasetId,
    dataset: url(`/datasets/${datasetId}`),
    itemId,
    item: url(`/items/${itemId}`),
    type: shape.type,
    label: annotation.label,
    coordinates: shape.coordinates,
    attributes: notes?.attributes ?? [],
    metadata: { user: {}, ...annotation.metadata, system: systemOf(annotation, same ? {} : (shape.system ?? {})) },
    creator: annotation.createdBy,
    createdAt: annotation.createdAt,
    updatedBy: annotation.updatedBy,
    updatedAt: annotation.updatedAt,
    hash: createHash('sha1').update(JSON.stringify(shape.coordinates)).digest('hex'),
    source: notes?.source ?? (annotation.source === 'human' ? 'ui' : 'sdk'),
    description: notes?.description ?? null,
  };
}

interface Shape {
  type: string;
  coordinates: unknown;
  system?: Json;
}

/** The shape of an annotation that was made or changed elsewhere. */
function drawnElsewhere(annotation: StoredAnnotation): Shape {
  const [height, width] = annotation.geometry.type === 'mask' ? annotation.geometry.rle.size : [0, 0];
  if (annotation.geometry.type === 'volume') return { type: typeOfGeometry(annotation.geometry), coordinates: { ...annotation.geometry } };
  const [record] = recordsOfDataloop({ ...annotation, id: toWireId(annotation.id) }, { width, height });
  const { attributes: _attributes, automated: _automated, ...time } = asJson(asJson(record?.['metadata'])?.['system']) ?? {};
  return { type: typeOfGeometry(annotation.geometry), coordinates: record?.['coordinates'] ?? [], system: time };
}

function systemOf(annotation: StoredAnnotation, time: Json): Json {
  const notes = notesOf(annotation.extra);
  const { status: sent, ...system } = notes?.system ?? {};
  const sameValues = notes !== undefined && notes.valued === valuedMark(annotation.attributes);
  // A status that we have no word for is kept as it was sent.
  const status = annotation.status ?? (typeof sent === 'string' && !['issue', 'review', 'approved'].includes(sent) ? sent : undefined);
  return {
    automated: annotation.source !== 'human',
    ...system,
    ...time,
    ...(annotation.group === undefined ? {} : { objectId: annotation.group }),
    attributes: sameValues ? (system['attributes'] ?? {}) : annotation.attributes,
    ...(status === undefined ? {} : { status }),
  };
}
