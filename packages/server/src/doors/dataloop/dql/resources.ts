import type { Filter } from '@fovea/contract';
import { typesFilter } from '../annotation-types.ts';
import { fromWireId } from '../ids.ts';
import { type Condition, isObject } from './conditions.ts';
import { boolean, constant, either, flag, id, json, never, number, path, text, time, type FieldRule } from './fields.ts';
import { translate, type Dql, type Resource } from './translate.ts';

/** A task of ours that the wire shows as references of its item. */
export const referring: Filter = { batchId: { exists: true }, status: { ne: 'cancelled' } };

const itemFields: Readonly<Record<string, FieldRule>> = {
  id: id('id'),
  filename: path('path'),
  name: text('name', { glob: true }),
  dir: path('folder'),
  hidden: boolean('hidden'),
  type: constant('file'),
  description: text('description'),
  creator: text('createdBy'),
  updatedBy: text('updatedBy'),
  createdAt: time('createdAt'),
  updatedAt: time('updatedAt'),
  annotated: flag({ annotationCount: { gt: 0 } }),
  annotationsCount: number('annotationCount'),
  'metadata.system.size': number('sizeBytes'),
  'metadata.system.mimetype': text('mediaType', { glob: true }),
  'metadata.system.width': number('width'),
  'metadata.system.height': number('height'),
  'metadata.system.duration': number('durationSeconds'),
  'metadata.system.fps': number('fps'),
  'metadata.system.originalname': text('name', { glob: true }),
  'metadata.system.encoding': constant('7bit'),
  'metadata.fps': either(json('metadata.fps'), number('fps')),
};
const itemSorts: Readonly<Record<string, string>> = {
  id: 'id',
  filename: 'path',
  name: 'name',
  dir: 'folder',
  description: 'description',
  creator: 'createdBy',
  updatedBy: 'updatedBy',
  createdAt: 'createdAt',
  updatedAt: 'updatedAt',
  annotated: 'annotationCount',
  annotationsCount: 'annotationCount',
  'metadata.system.size': 'sizeBytes',
  'metadata.system.mimetype': 'mediaType',
  'metadata.system.width': 'width',
  'metadata.system.height': 'height',
  'metadata.system.duration': 'durationSeconds',
  'metadata.system.fps': 'fps',
};

/** Items of a dataset. */
export function itemResource(datasetId: string): Resource {
  return {
    field(name) {
      if (name === 'datasetId') return sameId(datasetId);
      if (Object.hasOwn(itemFields, name)) return itemFields[name];
      if (/^metadata\.system\.refs(\.|$)/.test(name)) return refs(name.slice('metadata.system.refs'.length + 1));
      return metadataField(name, 'extra.system');
    },
    sort: (name) => (Object.hasOwn(itemSorts, name) ? itemSorts[name] : metadataPath(name, 'extra.system')),
  };
}

const folderFields: Readonly<Record<string, FieldRule>> = {
  id: id('id'),
  filename: path('path'),
  name: text('name', { glob: true }),
  dir: path('folder'),
  hidden: boolean('hidden'),
  type: constant('dir'),
  creator: text('createdBy'),
  createdAt: time('createdAt'),
  updatedAt: time('createdAt'),
  annotated: constant(false),
};
const folderSorts: Readonly<Record<string, string>> = { id: 'id', filename: 'path', name: 'name', dir: 'folder', creator: 'createdBy', createdAt: 'createdAt', updatedAt: 'createdAt' };

/** Folders of a dataset: to the wire, items of the type `dir`. */
export function folderResource(datasetId: string): Resource {
  return {
    field: (name) => (name === 'datasetId' ? sameId(datasetId) : Object.hasOwn(folderFields, name) ? folderFields[name] : undefined),
    sort: (name) => (Object.hasOwn(folderSorts, name) ? folderSorts[name] : undefined),
  };
}

const annotationFields: Readonly<Record<string, FieldRule>> = {
  id: id('id'),
  annotationId: id('id'),
  itemId: id('itemId'),
  type: typeRule,
  label: text('label'),
  creator: text('createdBy'),
  updatedBy: text('updatedBy'),
  createdAt: time('createdAt'),
  updatedAt: time('updatedAt'),
  description: json('extra.description'),
  source: json('extra.source'),
  'metadata.system.status': text('status'),
  'metadata.system.objectId': text('group'),
  'metadata.system.frame': number('frame'),
  'metadata.system.endFrame': number('endFrame'),
};
const annotationSorts: Readonly<Record<string, string>> = {
  id: 'id',
  annotationId: 'id',
  itemId: 'itemId',
  type: 'type',
  label: 'label',
  creator: 'createdBy',
  updatedBy: 'updatedBy',
  createdAt: 'createdAt',
  updatedAt: 'updatedAt',
  'metadata.system.frame': 'frame',
};

/** Annotations of a dataset. */
export function annotationResource(datasetId: string): Resource {
  const attributes = 'metadata.system.attributes.';
  return {
    field(name) {
      if (name === 'datasetId') return sameId(datasetId);
      if (Object.hasOwn(annotationFields, name)) return annotationFields[name];
      if (name.startsWith(attributes)) return json(`attributes.${name.slice(attributes.length)}`);
      if (name.startsWith('coordinates.')) return json(`extra.${name}`);
      return metadataField(name, 'extra.system');
    },
    sort: (name) => (Object.hasOwn(annotationSorts, name) ? annotationSorts[name] : metadataPath(name, 'extra.system')),
  };
}

/** The filter of a query on items, with its join. */
export function itemFilter(datasetId: string, dql: Pick<Dql, 'filter' | 'join'>): Filter {
  return joined(translate(itemResource(datasetId), dql.filter), dql.join, 'annotations', annotationResource(datasetId));
}

/** The filter of a query on annotations, with its join. */
export function annotationFilter(datasetId: string, dql: Pick<Dql, 'filter' | 'join'>): Filter {
  // Annotations go with their items, also when these are only marked as deleted.
  const own: Filter = { and: [{ having: { items: {} } }, translate(annotationResource(datasetId), dql.filter)] };
  return joined(own, dql.join, 'items', itemResource(datasetId));
}

function joined(own: Filter, join: Dql['join'], name: string, other: Resource): Filter {
  if (!join) return own;
  const matching = join.resource === name ? { having: { [name]: translate(other, join.filter) } } : never;
  return { and: [own, matching] };
}

/** Where a path into the wire's metadata lies with us; undefined for one that is none. */
function metadataPath(name: string, system: string): string | undefined {
  if (name.startsWith('metadata.system.')) return `${system}.${name.slice('metadata.system.'.length)}`;
  return name.startsWith('metadata.') && name.length > 'metadata.'.length ? name : undefined;
}

function metadataField(name: string, system: string): FieldRule | undefined {
  const found = metadataPath(name, system);
  return found === undefined || found.split('.').some((part) => part === '') ? undefined : json(found);
}

/** The dataset's own id, which every row in it has. */
function sameId(own: string): FieldRule {
  const known = (value: unknown): unknown => (Array.isArray(value) ? value.map(known) : (fromWireId(value) ?? value));
  return (condition) => constant(own)({ ...condition, value: known(condition.value) });
}

function typeRule({ op, value }: Condition): Filter {
  const types = (Array.isArray(value) ? value : [value]).filter((type): type is string => typeof type === 'string');
  const some = types.length === 0 ? never : typesFilter(types);
  switch (op) {
    case 'eq':
    case 'in':
      return some;
    case 'ne':
    case 'nin':
      return { not: some };
    case 'exists':
      return value === false ? never : { and: [] };
    default:
      return never;
  }
}

/** `metadata.system.refs` and below: the tasks and assignments that an item is in. */
function refs(below: string): FieldRule {
  const some = (filter: Filter): Filter => ({ having: { tasks: { and: [referring, filter] } } });
  const none = (filter: Filter): Filter => ({ not: some(filter) });
  return ({ op, value }) => {
    const empty = value === null || (Array.isArray(value) && value.length === 0 && (op === 'eq' || op === 'ne'));
    if (op === 'match' || (op === 'eq' && below === '' && isObject(value))) return isObject(value) ? some(oneRef(value)) : never;
    if (op === 'exists') return (value === false ? none : some)(present(below));
    if (empty) return (op === 'ne' ? some : none)(present(below));
    const wanted = (Array.isArray(value) ? value : [value]).map((one: unknown) => refField(below, one));
    if (op === 'eq' || op === 'in') return some({ or: wanted });
    if (op === 'ne' || op === 'nin') return none({ or: wanted });
    return never;
  };
}

/** That a reference has a value there at all. */
function present(below: string): Filter {
  return below.startsWith('metadata') ? { itemStatus: { exists: true } } : { and: [] };
}

function refField(below: string, value: unknown): Filter {
  if (below === 'id') {
    const known = fromWireId(value);
    return known === undefined ? never : { or: [{ batchId: known }, { assignmentId: known }] };
  }
  if (below === 'type') return value === 'task' ? { and: [] } : value === 'assignment' ? { assignmentId: { exists: true } } : never;
  if (below === 'metadata.status') return typeof value === 'string' ? { itemStatus: value } : value === null ? { itemStatus: { exists: false } } : never;
  if (below === 'metadata.creator') return typeof value === 'string' ? { submittedBy: value } : never;
  return never;
}

/** An object that one reference must satisfy as a whole. */
function oneRef(wanted: Record<string, unknown>): Filter {
  const { id: refId, type, metadata } = wanted;
  const parts: Filter[] = [];
  if (type !== undefined) parts.push(refField('type', type));
  if (refId !== undefined) {
    const known = fromWireId(refId);
    parts.push(known === undefined ? never : type === 'task' ? { batchId: known } : type === 'assignment' ? { assignmentId: known } : refField('id', refId));
  }
  const status = isObject(metadata) ? metadata['status'] : wanted['metadata.status'];
  if (isObject(status)) {
    for (const [op, value] of Object.entries(status)) parts.push({ itemStatus: { [op.replace(/^\$/, '')]: value } });
  } else if (status !== undefined) parts.push(refField('metadata.status', status));
  return { and: parts };
}
