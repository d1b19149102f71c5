import { z } from 'zod';
import { operation } from './operation.ts';
import { id, page, pageQuery } from './primitives.ts';

export const usageFigures = z.object({
  datasets: z.int(),
  items: z.int(),
  itemBytes: z.int().describe('Sum of the sizes of the items; what the quota counts'),
  storedBytes: z.int().describe('Bytes of different files: the same file in several places is stored once'),
  annotations: z.int(),
  tasks: z.int(),
  jobs: z.int(),
});

export const projectUsage = usageFigures.extend({
  projectId: id,
  name: z.string(),
  quotaBytes: z.int().nullable().describe('The most `itemBytes` that uploads may reach, null for no limit'),
});
export type ProjectUsage = z.infer<typeof projectUsage>;

const one = z.object({ project: id });

export const usage = {
  project: operation({
    id: 'usage.project',
    method: 'GET',
    path: '/v1/projects/{project}/usage',
    summary: 'Tells how much a project holds.',
    audience: 'annotator',
    params: one,
    result: projectUsage,
    errors: ['not_found'],
  }),
  organization: operation({
    id: 'usage.organization',
    method: 'GET',
    path: '/v1/usage',
    summary: 'Tells how much each project of the organisation holds, newest first.',
    audience: 'org',
    query: pageQuery,
    result: page(projectUsage),
    errors: ['forbidden'],
  }),
  setQuota: operation({
    id: 'usage.setQuota',
    method: 'PUT',
    path: '/v1/projects/{project}/quota',
    summary: 'Limits the bytes of the items of a project; uploads beyond are refused, nothing is deleted.',
    audience: 'org',
    scope: 'admin',
    params: one,
    body: z.object({ quotaBytes: z.int().min(0).max(Number.MAX_SAFE_INTEGER).nullable() }).strict(),
    result: projectUsage,
    errors: ['not_found', 'forbidden'],
  }),
};
