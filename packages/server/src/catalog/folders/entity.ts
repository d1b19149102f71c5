import sql, { type Sql } from 'sql-template-tag';
import type { Entity, Field } from '../query/entity.ts';

const column = (expression: (alias: Sql) => Sql, type: Field['type']): Field => ({ sql: expression, type, required: true });

/** Folders, as filters can ask for them. */
export const folderEntity: Entity = {
  name: 'folders',
  table: sql`folders`,
  fields: {
    id: column((t) => sql`${t}.id`, 'id'),
    path: column((t) => sql`${t}.path`, 'path'),
    name: column((t) => sql`regexp_replace(${t}.path, '^.*/', '')`, 'text'),
    folder: column((t) => sql`coalesce(nullif(regexp_replace(${t}.path, '/[^/]*$', ''), ''), '/')`, 'path'),
    hidden: column((t) => sql`${t}.path ~ '/[.]'`, 'boolean'),
    createdBy: column((t) => sql`${t}.created_by`, 'text'),
    createdAt: column((t) => sql`${t}.created_at`, 'time'),
  },
  json: {},
  alive: () => sql`true`,
  having: {},
};
