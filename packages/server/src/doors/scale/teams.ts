import type { ProjectRole } from '@fovea/contract';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { ScaleDeps } from './context.ts';
import type { ScaleProjects } from './projects.ts';
import type { Json } from '../../labeling/task-types/work.ts';

const roleOf: Readonly<Record<ProjectRole, string>> = { owner: 'manager', manager: 'manager', developer: 'member', reviewer: 'labeler', annotator: 'labeler' };
const projectRole: Readonly<Record<'labeler' | 'member' | 'manager', ProjectRole>> = { labeler: 'annotator', member: 'developer', manager: 'manager' };

/**
 * The team of an account: the organisation's administrators, and the members of the project that holds what is made without a project,
 * whose roles stand for the team's. One team for both modes.
 */
export function scaleTeams({ rooms }: Pick<ScaleDeps, 'rooms'>, projects: ScaleProjects) {
  async function list(caller: Caller): Promise<Json[]> {
    const live = { ...caller, test: false };
    const members = await rooms.members.ofProjects(live, [await projects.ofNone(live)]);
    const admins = await rooms.users.admins(caller);
    const roles = new Map(members.map(({ email, name, role }) => [email, { name, role: roleOf[role] }]));
    for (const { email, name } of admins) roles.set(email, { name, role: 'admin' });
    return [...roles].sort(([a], [b]) => (a < b ? -1 : 1)).map(([email, { name, role }]) => show(email, name, role));
  }

  return {
    list,

    /** Sets the role of each; who is unknown is invited. */
    async setRole(caller: Caller, emails: readonly string[], role: 'labeler' | 'member' | 'manager'): Promise<Json[]> {
      const project = await projects.ofNone({ ...caller, test: false });
      for (const email of emails) {
        await rooms.members.set(caller, project, email, projectRole[role]).catch((error: unknown) => {
          if (error instanceof Fault && error.code === 'conflict') throw new Fault('invalid_request', error.message);
          throw error;
        });
      }
      return list(caller);
    },
  };
}

function show(email: string, name: string, role: string): Json {
  const [firstName = '', ...rest] = name.split(' ');
  return { email, role, company: null, firstName, lastName: rest.join(' '), isStudioLabeler: role === 'labeler' };
}
