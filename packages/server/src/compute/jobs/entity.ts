import { computeModes, failureCauses, jobStatuses } from '@fovea/contract';
import sql from 'sql-template-tag';
import { column, type Entity } from '../../catalog/query/entity.ts';

/** Jobs, as filters can ask for them. */
export const jobEntity: Entity = {
  name: 'jobs',
  table: sql`jobs`,
  fields: {
    id: column((t) => sql`${t}.id`, 'id', { required: true }),
    number: column((t) => sql`${t}.number`, 'number', { numberAs: 'whole', required: true }),
    analytic: column((t) => sql`${t}.analytic`, 'text', { required: true }),
    analyticId: column((t) => sql`${t}.analytic_id`, 'id', { required: true }),
    version: column((t) => sql`${t}.version`, 'text', { required: true }),
    name: column((t) => sql`${t}.name`, 'text', { required: true }),
    status: column((t) => sql`${t}.status`, 'enum', { values: jobStatuses, required: true }),
    compute: column((t) => sql`${t}.compute`, 'enum', { values: computeModes, required: true }),
    cause: column((t) => sql`${t}.cause`, 'enum', { values: failureCauses }),
    profileId: column((t) => sql`${t}.profile_id`, 'id'),
    archived: column((t) => sql`${t}.archived`, 'boolean', { required: true }),
    origin: column((t) => sql`${t}.origin`, 'text'),
    createdBy: column((t) => sql`${t}.created_by`, 'text', { required: true }),
    createdAt: column((t) => sql`${t}.created_at`, 'time', { required: true }),
    queuedAt: column((t) => sql`${t}.queued_at`, 'time'),
    startedAt: column((t) => sql`${t}.started_at`, 'time'),
    endedAt: column((t) => sql`${t}.ended_at`, 'time'),
    expiresAt: column((t) => sql`${t}.expires_at`, 'time'),
  },
  json: {
    parameters: (t) => sql`${t}.parameters`,
    summary: (t) => sql`coalesce(${t}.summary, '{}'::jsonb)`,
    extra: (t) => sql`coalesce(${t}.extra, '{}'::jsonb)`,
  },
  alive: (t) => sql`${t}.deleted_at is null`,
  having: {},
};
