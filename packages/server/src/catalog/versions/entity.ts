import sql, { type Sql } from 'sql-template-tag';
import { column, type Entity } from '../query/entity.ts';

/** The tags of a version, `latest` among them. */
export const tagsOf = (v: Sql): Sql => sql`(array(select name from version_tags g where g.dataset_id = ${v}.dataset_id and g.number = ${v}.number order by name)
  || case when not exists (select from versions n where n.dataset_id = ${v}.dataset_id and n.number > ${v}.number) then '{latest}'::text[] else '{}'::text[] end)`;

/** Versions of datasets, as filters can ask for them. Equal content is an equal id, so one dataset may have an id twice. */
export const versionEntity: Entity = {
  name: 'versions',
  table: sql`versions`,
  key: 'number',
  fields: {
    id: column((t) => sql`${t}.digest`, 'sha256', { required: true }),
    number: column((t) => sql`${t}.number`, 'number', { numberAs: 'whole', required: true }),
    message: column((t) => sql`${t}.message`, 'text', { required: true }),
    tags: column(tagsOf, 'texts', { required: true }),
    itemCount: column((t) => sql`${t}.items`, 'number', { numberAs: 'whole', required: true }),
    annotationCount: column((t) => sql`${t}.annotations`, 'number', { numberAs: 'whole', required: true }),
    sizeBytes: column((t) => sql`${t}.bytes`, 'number', { numberAs: 'whole', required: true }),
    createdBy: column((t) => sql`${t}.created_by`, 'text', { required: true }),
    createdAt: column((t) => sql`${t}.created_at`, 'time', { required: true }),
  },
  json: { splits: (t) => sql`coalesce(${t}.splits, '{}'::jsonb)` },
  alive: () => sql`true`,
  having: {},
};
