import { z } from 'zod';
import { operation, projectRoles, scopes } from './operation.ts';
import { id, name, page, pageQuery, time, timeInput } from './primitives.ts';

export const email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254, 'must have at most 254 characters')
  .regex(/^[^\s@"<>]+@[^\s@"<>]+$/, 'must be an e-mail address');
const password = z.string().min(10, 'must have at least 10 characters').max(200, 'must have at most 200 characters');

export const doors = ['voxel51', 'scale', 'dataloop', 'skylab', 'datamint'] as const;
export type Door = (typeof doors)[number];

export const user = z.object({
  id,
  email: z.string(),
  name: z.string(),
  admin: z.boolean().describe('Administrator of the organisation'),
  disabled: z.boolean(),
  createdAt: time,
});
export type User = z.infer<typeof user>;

export const me = z.object({
  user,
  organization: z.object({ id, name: z.string() }),
  scopes: z.array(z.enum(scopes)),
  keyId: id.nullable().describe('The key that was used, null for a console session'),
  projectId: id.nullable().describe('The only project that the key opens, null for all'),
  test: z.boolean().describe('A test-mode key'),
  csrf: z.string().nullable().describe('Sent as x-fovea-csrf on every change in a console session'),
});
export type Me = z.infer<typeof me>;

export const session = {
  login: operation({
    id: 'session.login',
    method: 'POST',
    path: '/v1/session',
    summary: 'Signs in to the console with e-mail and password, or with a key; sets the session cookie.',
    audience: 'public',
    body: z.union([z.object({ email, password: z.string().max(200) }).strict(), z.object({ key: z.string().max(200) }).strict()]),
    result: me,
    errors: ['unauthenticated'],
  }),
  logout: operation({
    id: 'session.logout',
    method: 'DELETE',
    path: '/v1/session',
    summary: 'Ends the console session.',
    audience: 'user',
    scope: 'read',
  }),
  get: operation({ id: 'session.get', method: 'GET', path: '/v1/me', summary: 'Tells who the caller is.', audience: 'user', result: me }),
};

export const users = {
  create: operation({
    id: 'users.create',
    method: 'POST',
    path: '/v1/users',
    summary: 'Creates a user of the organisation.',
    audience: 'org',
    scope: 'admin',
    body: z.object({ email, name: name.optional(), password: password.optional(), admin: z.boolean().default(false) }).strict(),
    result: user,
    status: 201,
    errors: ['conflict'],
  }),
  list: operation({
    id: 'users.list',
    method: 'GET',
    path: '/v1/users',
    summary: 'Lists the users of the organisation.',
    audience: 'org',
    query: pageQuery,
    result: page(user),
  }),
  update: operation({
    id: 'users.update',
    method: 'PATCH',
    path: '/v1/users/{user}',
    summary: 'Changes a user; a disabled user\'s keys and sessions stop working at once.',
    audience: 'org',
    scope: 'admin',
    params: z.object({ user: id }),
    body: z.object({ name: name.optional(), password: password.optional(), admin: z.boolean().optional(), disabled: z.boolean().optional() }).strict(),
    result: user,
    errors: ['not_found', 'conflict'],
  }),
  setPassword: operation({
    id: 'users.setPassword',
    method: 'PUT',
    path: '/v1/me/password',
    summary: 'Sets the caller\'s own console password.',
    audience: 'user',
    scope: 'admin',
    body: z.object({ password, current: z.string().max(200).optional() }).strict(),
    errors: ['forbidden'],
  }),
};

export const apiKey = z.object({
  id,
  name: z.string(),
  prefix: z.string().describe('The first characters, to recognise it by'),
  scopes: z.array(z.enum(scopes)),
  projectId: id.nullable(),
  test: z.boolean(),
  userId: id,
  createdAt: time,
  expiresAt: time.nullable(),
  lastUsedAt: time.nullable(),
  revokedAt: time.nullable(),
});
export type ApiKey = z.infer<typeof apiKey>;

export const keys = {
  create: operation({
    id: 'keys.create',
    method: 'POST',
    path: '/v1/keys',
    summary: 'Creates a key. Its text is shown this once; it can do no more than the caller.',
    audience: 'user',
    scope: 'admin',
    body: z
      .object({
        name,
        scopes: z.array(z.enum(scopes)).min(1).optional().describe('Default: those of the caller'),
        project: id.optional().describe('Opens only this project'),
        expiresAt: timeInput.optional(),
        test: z.boolean().default(false).describe('Test mode: labeling tasks complete themselves'),
        door: z.enum(doors).optional().describe('Also give what this vendor\'s client wants to be given'),
      })
      .strict(),
    result: z.object({
      id,
      key: z.string(),
      door: z.record(z.string(), z.unknown()).optional().describe('What the vendor\'s client is given'),
      record: apiKey,
    }),
    status: 201,
    errors: ['forbidden', 'not_found'],
  }),
  list: operation({
    id: 'keys.list',
    method: 'GET',
    path: '/v1/keys',
    summary: 'Lists keys: the caller\'s own, or all of the organisation for its administrators.',
    audience: 'user',
    query: pageQuery,
    result: page(apiKey),
  }),
  revoke: operation({
    id: 'keys.revoke',
    method: 'DELETE',
    path: '/v1/keys/{key}',
    summary: 'Revokes a key; it stops working at once.',
    audience: 'user',
    scope: 'admin',
    params: z.object({ key: id }),
    errors: ['not_found'],
  }),
};

export const member = z.object({
  userId: id,
  email: z.string(),
  name: z.string(),
  role: z.enum(projectRoles),
  createdAt: time,
});
export type Member = z.infer<typeof member>;

const inProject = z.object({ project: id });
export const members = {
  list: operation({
    id: 'members.list',
    method: 'GET',
    path: '/v1/projects/{project}/members',
    summary: 'Lists the members of a project.',
    audience: 'annotator',
    params: inProject,
    query: pageQuery,
    result: page(member),
    errors: ['not_found'],
  }),
  set: operation({
    id: 'members.set',
    method: 'PUT',
    path: '/v1/projects/{project}/members/{email}',
    summary: 'Adds a member or changes the role of one; somebody without an account is invited by it.',
    audience: 'manager',
    scope: 'admin',
    params: inProject.extend({ email }),
    body: z.object({ role: z.enum(projectRoles) }).strict(),
    result: member,
    errors: ['not_found', 'forbidden', 'conflict'],
  }),
  remove: operation({
    id: 'members.remove',
    method: 'DELETE',
    path: '/v1/projects/{project}/members/{email}',
    summary: 'Removes a member from a project.',
    audience: 'manager',
    scope: 'admin',
    params: inProject.extend({ email }),
    errors: ['not_found', 'forbidden', 'conflict'],
  }),
};
