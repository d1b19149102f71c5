import type { FastifyInstance } from 'fastify';
import { addApplicationUser, applicationOf, applicationSuffix, applicationUsers } from './caller.ts';
import { projectOf, type Voxel51Deps } from './context.ts';
import { allData, dataTable, toData } from './data.ts';
import { bad, sendJson } from './errors.ts';
import { allJobs, jobsTable, toJob } from './jobs.ts';
import { readArguments, runQuery } from './query.ts';
import { readObject } from './upload.ts';

/** What applications have of their own beside analytics: their users, and all that these own. */
export function appRoutes(deps: Voxel51Deps) {
  return async (door: FastifyInstance): Promise<void> => {
    door.get('/apps/data', async (request, reply) => {
      const caller = applicationOf(request);
      const given = await readArguments(request);
      const rows = await allData(deps, caller, (createdBy) => createdBy.endsWith(applicationSuffix(caller)));
      const found = runQuery(rows.map(toData), dataTable, given);
      return sendJson(reply, { data: found.rows, total: found.total });
    });
    door.get('/apps/jobs', async (request, reply) => {
      const caller = applicationOf(request);
      const given = await readArguments(request);
      const rows = await allJobs(deps, caller, (createdBy) => createdBy.endsWith(applicationSuffix(caller)));
      const found = runQuery(rows.map(toJob), jobsTable, given);
      return sendJson(reply, { jobs: found.rows, total: found.total });
    });
    door.post('/apps/users', async (request, reply) => {
      const caller = applicationOf(request);
      const { username } = await readObject(request);
      if (typeof username !== 'string' || !/^[^\s\u0000-\u001f]{1,200}$/.test(username)) throw bad('username must have 1 to 200 characters and no spaces');
      await addApplicationUser(deps.rooms.projects, caller, await projectOf(deps, caller), username);
      return sendJson(reply, { username }, 201);
    });
    door.get('/apps/users/list', async (request, reply) => sendJson(reply, { users: await applicationUsers(deps.rooms.projects, applicationOf(request)) }));
  };
}
