import sql from 'sql-template-tag';
import { column, type Entity } from '../query/entity.ts';

const required = { required: true };

/** Folders, as filters can ask for them. */
export const folderEntity: Entity = {
  name: 'folders',
  table: sql`folders`,
  fields: {
    id: column((t) => sql`${t}.id`, 'id', required),
    path: column((t) => sql`${t}.path`, 'path', required),
    name: column((t) => sql`regexp_replace(${t}.path, '^.*/', '')`, 'text', required),
    folder: column((t) => sql`coalesce(nullif(regexp_replace(${t}.path, '/[^/]*$', ''), ''), '/')`, 'path', required),
    hidden: column((t) => sql`${t}.path ~ '/[.]'`, 'boolean', required),
    createdBy: column((t) => sql`${t}.created_by`, 'text', required),
    createdAt: column((t) => sql`${t}.created_at`, 'time', required),
  },
  json: {},
  alive: () => sql`true`,
  having: {},
};
