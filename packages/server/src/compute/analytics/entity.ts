import sql from 'sql-template-tag';
import { column, type Entity } from '../../catalog/query/entity.ts';

/** Versions of analytics, as filters can ask for them. */
export const analyticEntity: Entity = {
  name: 'analytics',
  table: sql`analytics`,
  fields: {
    id: column((t) => sql`${t}.id`, 'id', { required: true }),
    name: column((t) => sql`${t}.name`, 'text', { required: true }),
    version: column((t) => sql`${t}.version`, 'text', { required: true }),
    scope: column((t) => sql`${t}.scope`, 'enum', { values: ['public', 'org', 'private'], required: true }),
    runtime: column((t) => sql`${t}.manifest -> 'runtime' ->> 'kind'`, 'text', { required: true }),
    builtin: column((t) => sql`${t}.builtin`, 'boolean', { required: true }),
    pending: column((t) => sql`${t}.pending`, 'boolean', { required: true }),
    deprecated: column((t) => sql`${t}.deprecated`, 'boolean', { required: true }),
    createdBy: column((t) => sql`${t}.created_by`, 'text', { required: true }),
    createdAt: column((t) => sql`${t}.created_at`, 'time', { required: true }),
  },
  json: { manifest: (t) => sql`${t}.manifest` },
  alive: (t) => sql`${t}.deleted_at is null`,
  having: {},
};
