import { itemStatuses, mediaKinds, probeStates } from '@fovea/contract';
import sql, { type Sql } from 'sql-template-tag';
import { annotationEntity } from '../../labeling/annotations/entity.ts';
import { batchEntity, batchHoldsItem } from '../../labeling/batches/entity.ts';
import { taskEntity } from '../../labeling/tasks/entity.ts';
import { column, type Entity } from '../query/entity.ts';

/** The folder of a path, `/` for the root. */
const folderOf = (t: Sql) => sql`coalesce(nullif(regexp_replace(${t}.path, '/[^/]*$', ''), ''), '/')`;

/** Items, as filters can ask for them. */
export const itemEntity: Entity = {
  name: 'items',
  table: sql`items`,
  fields: {
    id: column((t) => sql`${t}.id`, 'id', { required: true }),
    path: column((t) => sql`${t}.path`, 'path', { required: true }),
    name: column((t) => sql`regexp_replace(${t}.path, '^.*/', '')`, 'text', { required: true }),
    folder: column(folderOf, 'path', { required: true }),
    hidden: column((t) => sql`${t}.path ~ '/[.]'`, 'boolean', { required: true }),
    sha256: column((t) => sql`${t}.sha256`, 'sha256', { required: true }),
    sizeBytes: column((t) => sql`${t}.size`, 'number', { numberAs: 'whole', required: true }),
    mediaType: column((t) => sql`${t}.media_type`, 'text', { required: true }),
    kind: column((t) => sql`${t}.kind`, 'enum', { values: mediaKinds, required: true }),
    probe: column((t) => sql`${t}.probe`, 'enum', { values: probeStates, required: true }),
    problem: column((t) => sql`${t}.problem`, 'text'),
    width: column((t) => sql`${t}.width`, 'number', { numberAs: 'whole' }),
    height: column((t) => sql`${t}.height`, 'number', { numberAs: 'whole' }),
    frames: column((t) => sql`${t}.frames`, 'number', { numberAs: 'whole' }),
    durationSeconds: column((t) => sql`${t}.duration`, 'number'),
    fps: column((t) => sql`${t}.fps`, 'number'),
    labels: column((t) => sql`${t}.labels`, 'texts', { required: true }),
    channel: column((t) => sql`${t}.channel`, 'text'),
    status: column((t) => sql`${t}.status`, 'enum', { values: itemStatuses, required: true }),
    description: column((t) => sql`${t}.description`, 'text', { required: true }),
    annotationCount: column((t) => sql`${t}.annotation_count`, 'number', { numberAs: 'whole', required: true }),
    revision: column((t) => sql`${t}.revision`, 'number', { numberAs: 'whole', required: true }),
    createdBy: column((t) => sql`${t}.created_by`, 'text', { required: true }),
    createdAt: column((t) => sql`${t}.created_at`, 'time', { required: true }),
    updatedAt: column((t) => sql`${t}.updated_at`, 'time', { required: true }),
    updatedBy: column((t) => sql`${t}.updated_by`, 'text', { required: true }),
    publishedAt: column((t) => sql`${t}.published_at`, 'time'),
    publishedBy: column((t) => sql`${t}.published_by`, 'text'),
    expiresAt: column((t) => sql`${t}.expires_at`, 'time'),
    externalId: column((t) => sql`${t}.external_id`, 'text'),
    origin: column((t) => sql`${t}.origin`, 'text'),
  },
  json: {
    metadata: (t) => sql`${t}.metadata`,
    summary: (t) => sql`${t}.summary`,
    // The facts of a scan under the name that people look for them.
    dicom: (t) => sql`${t}.summary`,
    extra: (t) => sql`coalesce(${t}.extra, '{}'::jsonb)`,
  },
  alive: (t) => sql`${t}.deleted_at is null and (${t}.expires_at is null or ${t}.expires_at > now())`,
  having: {
    annotations: { entity: () => annotationEntity, on: (t, other) => sql`${other}.item_id = ${t}.id and ${other}.dataset_id = ${t}.dataset_id` },
    tasks: { entity: () => taskEntity, on: (t, other) => sql`${other}.item_id = ${t}.id` },
    batches: { entity: () => batchEntity, on: (t, other) => batchHoldsItem(other, t) },
  },
};
