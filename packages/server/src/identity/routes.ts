import { keys, members, projects, session, users } from '@fovea/contract';
import { sessionCookie, cookie } from '../http/authenticate.ts';
import { route, type Route } from '../http/context.ts';
import type { KeysService } from './keys/service.ts';
import type { MembersService } from './members/service.ts';
import type { ProjectsService } from './projects/service.ts';
import { sessionHours, type SessionsService } from './sessions/service.ts';
import type { UsersService } from './users/service.ts';

export function identityRoutes(services: {
  keys: KeysService;
  members: MembersService;
  projects: ProjectsService;
  sessions: SessionsService;
  users: UsersService;
}): Route[] {
  return [
    route(session.login, async ({ body, request, reply }) => {
      const { token, me } = await services.sessions.login(body);
      const secure = request.protocol === 'https' ? '; Secure' : '';
      void reply.header('set-cookie', `${sessionCookie}=${token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${sessionHours * 3600}${secure}`);
      return me;
    }),
    route(session.logout, async ({ request, reply }) => {
      const token = cookie(request, sessionCookie);
      if (token !== undefined) await services.sessions.logout(token);
      void reply.header('set-cookie', `${sessionCookie}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`);
    }),
    route(session.get, async ({ caller, request }) => {
      const token = cookie(request, sessionCookie);
      const open = caller.keyId === null && token !== undefined ? await services.sessions.authenticate(token) : undefined;
      return services.sessions.describe(caller, open?.csrf ?? null);
    }),

    route(users.create, ({ caller, body, keep }) => services.users.create(caller, body, keep)),
    route(users.list, ({ caller, query }) => services.users.list(caller, query)),
    route(users.update, ({ caller, params, body }) => services.users.update(caller, params.user, body)),
    route(users.setPassword, ({ caller, body }) => services.users.setPassword(caller, body)),

    route(keys.create, ({ caller, body, keep }) => services.keys.create(caller, body, keep)),
    route(keys.list, ({ caller, query }) => services.keys.list(caller, query)),
    route(keys.revoke, ({ caller, params }) => services.keys.revoke(caller, params.key)),

    route(projects.create, ({ caller, body, keep }) => services.projects.create(caller, body, keep)),
    route(projects.list, ({ caller, query }) => services.projects.list(caller, query)),
    route(projects.get, ({ caller, params }) => services.projects.get(caller, params.project)),
    route(projects.update, ({ caller, params, body, ifMatch }) => services.projects.update(caller, params.project, body, ifMatch)),
    route(projects.delete, ({ caller, params }) => services.projects.delete(caller, params.project)),
    route(projects.restore, ({ caller, params }) => services.projects.restore(caller, params.project)),

    route(members.list, ({ caller, params, query }) => services.members.list(caller, params.project, query)),
    route(members.set, ({ caller, params, body }) => services.members.set(caller, params.project, params.email, body.role)),
    route(members.remove, async ({ caller, params }) => {
      await services.members.remove(caller, params.project, params.email);
    }),
  ];
}
