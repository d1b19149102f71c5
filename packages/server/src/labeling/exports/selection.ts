import { annotationTypes, mediaKinds, type Filter, type MediaKind } from '@fovea/contract';
import { extensionOf, type LabelledAnnotation, type LabelledItem } from '@fovea/formats';
import sql from 'sql-template-tag';
import { compileFilter } from '../../catalog/query/compile.ts';
import { column, type Entity, type FieldType } from '../../catalog/query/entity.ts';
import { holds, type NaiveRow } from '../../catalog/query/naive.ts';
import { splitOf } from './splits.ts';
import type { StoredRequest } from './store.ts';

/** Which items and annotations are taken, and how they are divided; `splits` undefined keeps the parts that they have. */
export interface SelectionRequest {
  filter?: Filter | undefined;
  annotations?: Filter | undefined;
  splits?: StoredRequest['splits'] | undefined;
}

/** What was left out. */
export interface LeftOut {
  items: number;
  annotations: number;
}

const itemFields = { path: 'path', name: 'text', folder: 'path', kind: 'enum', width: 'number', height: 'number', frames: 'number', fps: 'number', annotationCount: 'number' } as const;
const enums: Readonly<Record<string, readonly string[]>> = { kind: mediaKinds, type: annotationTypes };
const annotationFields = { type: 'enum', label: 'text', frame: 'number', endFrame: 'number', confidence: 'number', source: 'text', group: 'text' } as const;

/** What filters may speak of where there is nothing but files: named as on the platform, and refused as there. */
function entityOf(name: string, fields: Readonly<Record<string, FieldType>>, json: string, having: Entity['having'] = {}): Entity {
  const declared = Object.entries(fields).map(([field, type]) => [field, column(() => sql`null`, type, { values: enums[field] ?? [] })] as const);
  return { name, table: sql`files`, fields: Object.fromEntries(declared), json: { [json]: () => sql`null` }, alive: () => sql`true`, having };
}

const annotationEntity: Entity = entityOf('annotations', annotationFields, 'attributes');
const itemEntity: Entity = entityOf('items', itemFields, 'metadata', { annotations: { entity: () => annotationEntity, on: () => sql`true` } });

/**
 * Chooses among items that come out of files as an export chooses among those of a dataset, without a platform. Gives the item with what
 * is taken of it, or undefined. Throws `invalid_request` at once when a filter names what files do not have.
 */
export function selectionOf({ filter = {}, annotations = {}, splits }: SelectionRequest): { take(item: LabelledItem): LabelledItem | undefined; leftOut(): LeftOut } {
  compileFilter(itemEntity, filter, sql`i`);
  compileFilter(annotationEntity, annotations, sql`a`);
  const left: LeftOut = { items: 0, annotations: 0 };
  return {
    take(item) {
      if (!holds(filter, itemRow(item))) {
        left.items += 1;
        return undefined;
      }
      const taken = item.annotations.filter((annotation) => holds(annotations, annotationRow(annotation)));
      left.annotations += item.annotations.length - taken.length;
      const { split: given, ...rest } = item;
      const split = splits === undefined ? given : partOf(item, splits);
      return { ...rest, ...(split !== undefined && { split }), annotations: taken };
    },
    leftOut: () => ({ ...left }),
  };
}

/** The part of an item, drawn as on the platform, where paths begin with a slash. */
function partOf({ path, sha256 = '', metadata = {} }: LabelledItem, splits: StoredRequest['splits']): string | undefined {
  return splitOf({ path: `/${path}`, sha256, metadata, labels: [], channel: null }, splits);
}

const videos = new Set(['mp4', 'm4v', 'mov', 'webm', 'mkv', 'avi', 'mpg', 'mpeg']);

/** What an item is, by what its format says of it, else by its name. */
function kindOf({ path, mediaType = '', frames }: LabelledItem): MediaKind {
  if (/\.dcm$/i.test(path) || mediaType === 'application/dicom') return 'dicom';
  if (/\.nii(\.gz)?$/i.test(path)) return 'nifti';
  return videos.has(extensionOf(path)) || mediaType.startsWith('video/') || frames !== undefined ? 'video' : 'image';
}

/** The part of an item is a field of its metadata, as on the platform. */
function itemRow(item: LabelledItem): NaiveRow {
  const { path, width, height, frames = null, fps = null, split, metadata = {}, annotations } = item;
  const [, folder = '', name = ''] = /^(.*\/)?([^/]*)$/.exec(path) ?? [];
  const fields = { path: `/${path}`, name, folder: `/${folder.slice(0, -1)}`, kind: kindOf(item), width: width || null, height: height || null, frames, fps, annotationCount: annotations.length };
  return { fields, json: { metadata: { ...metadata, ...(split !== undefined && { split }) } }, having: { annotations: annotations.map(annotationRow) }, paths: ['path', 'folder'] };
}

function annotationRow({ type, label, frame, endFrame, confidence, source, group, attributes }: LabelledAnnotation): NaiveRow {
  return { fields: { type, label, frame, endFrame, confidence, source, group: group ?? null }, json: { attributes }, having: {}, paths: [] };
}
