import { z } from 'zod';
import { email } from './identity.ts';
import { operation, projectRoles } from './operation.ts';
import { description, id, metadata, name, page, pageQuery, time } from './primitives.ts';

export const project = z.object({
  id,
  name: z.string(),
  description: z.string(),
  metadata,
  callbackUrl: z.string().nullable().describe('Who is called for tasks that name no callback of their own: a web address or an e-mail address'),
  role: z.enum(projectRoles).describe('The caller\'s role'),
  revision: z.int(),
  createdBy: z.string().describe('E-mail of who created it'),
  createdAt: time,
  updatedAt: time,
});
export type Project = z.infer<typeof project>;

/** Who can be called for tasks. */
const callbackUrl = z
  .string()
  .max(2_000)
  .refine((place) => (place.includes(':') ? URL.canParse(place) : email.safeParse(place).success), 'must be an http or https address, or an e-mail address')
  .nullable()
  .optional();

/** An id, or the exact name. */
export const reference = z.string().min(1).max(400);

export const projects = {
  create: operation({
    id: 'projects.create',
    method: 'POST',
    path: '/v1/projects',
    summary: 'Creates a project; the caller becomes its owner.',
    audience: 'user',
    body: z.object({ name, description: description.default(''), metadata: metadata.default({}), callbackUrl }).strict(),
    result: project,
    status: 201,
    errors: ['conflict', 'forbidden', 'address_refused'],
  }),
  list: operation({
    id: 'projects.list',
    method: 'GET',
    path: '/v1/projects',
    summary: 'Lists the projects that the caller is a member of, newest first.',
    audience: 'user',
    query: pageQuery.extend({ name: z.string().optional().describe('Exactly this name') }),
    result: page(project),
  }),
  get: operation({
    id: 'projects.get',
    method: 'GET',
    path: '/v1/projects/{project}',
    summary: 'Gets a project by id or name.',
    audience: 'annotator',
    params: z.object({ project: reference }),
    result: project,
    errors: ['not_found'],
  }),
  update: operation({
    id: 'projects.update',
    method: 'PATCH',
    path: '/v1/projects/{project}',
    summary: 'Changes a project; metadata given replaces the old.',
    audience: 'manager',
    params: z.object({ project: id }),
    body: z.object({ name: name.optional(), description: description.optional(), metadata: metadata.optional(), callbackUrl }).strict(),
    result: project,
    errors: ['not_found', 'forbidden', 'conflict', 'revision_conflict', 'address_refused'],
  }),
  delete: operation({
    id: 'projects.delete',
    method: 'DELETE',
    path: '/v1/projects/{project}',
    summary: 'Deletes a project with all that is in it; it can be restored for 30 days.',
    audience: 'owner',
    scope: 'admin',
    params: z.object({ project: id }),
    errors: ['not_found', 'forbidden'],
  }),
  restore: operation({
    id: 'projects.restore',
    method: 'POST',
    path: '/v1/projects/{project}/restore',
    summary: 'Brings a deleted project back.',
    audience: 'owner',
    scope: 'admin',
    params: z.object({ project: id }),
    result: project,
    errors: ['not_found', 'forbidden', 'conflict'],
  }),
};
