import { z } from 'zod';
import { operation } from './operation.ts';
import { id, page, pageQuery, time } from './primitives.ts';
import { reference } from './projects.ts';

export const commandStatuses = ['queued', 'running', 'complete', 'failed', 'cancelled'] as const;

/** Long work that somebody asked the platform for: a clone, a change by query, an export. It runs in the background. */
export const command = z.object({
  id,
  projectId: id,
  kind: z.string().describe('What is done, e.g. `dataset.clone`'),
  status: z.enum(commandStatuses),
  progress: z.number().min(0).max(1),
  done: z.int().describe('Units done so far'),
  total: z.int().nullable().describe('Units in all, where known'),
  message: z.string().nullable().describe('What it is at, or why it failed'),
  subjectId: id.nullable().describe('The thing it works on'),
  result: z.record(z.string(), z.unknown()).nullable(),
  createdBy: z.string(),
  createdAt: time,
  updatedAt: time,
  endedAt: time.nullable(),
});
export type Command = z.infer<typeof command>;

export const commands = {
  list: operation({
    id: 'commands.list',
    method: 'GET',
    path: '/v1/commands',
    summary: 'Lists long work of a project, newest first.',
    audience: 'annotator',
    query: pageQuery.extend({ project: reference, kind: z.string().optional(), status: z.enum(commandStatuses).optional() }),
    result: page(command),
    errors: ['not_found'],
  }),
  get: operation({
    id: 'commands.get',
    method: 'GET',
    path: '/v1/commands/{command}',
    summary: 'Gets the state of long work; with `waitSeconds` answers when it ends, or after so long.',
    audience: 'annotator',
    params: z.object({ command: id }),
    query: z.object({ waitSeconds: z.coerce.number().min(0).max(60).default(0) }),
    result: command,
    errors: ['not_found'],
  }),
  cancel: operation({
    id: 'commands.cancel',
    method: 'POST',
    path: '/v1/commands/{command}/cancel',
    summary: 'Stops long work; what it has done so far stays.',
    audience: 'developer',
    params: z.object({ command: id }),
    result: command,
    errors: ['not_found', 'illegal_state'],
  }),
};
