import type { Project, ProjectRole } from '@fovea/contract';
import { projectRoles } from '@fovea/contract';
import { queryOptions } from '@tanstack/react-query';
import { fovea } from './client.ts';
import { queryClient } from './query-client.ts';

/** More than anybody has; a list that could not end would freeze the page. */
const mostProjects = 5_000;
const mostMembers = 5_000;

export const projectsQuery = queryOptions({
  queryKey: ['projects'],
  queryFn: () => fovea.projects.list({ limit: 1000 }).toArray({ limit: mostProjects }),
});

export const projectQuery = (id: string) => queryOptions({ queryKey: ['projects', id], queryFn: () => fovea.projects.get(id) });

export const membersQuery = (projectId: string) =>
  queryOptions({ queryKey: ['projects', projectId, 'members'], queryFn: () => fovea.members.list(projectId, { limit: 1000 }).toArray({ limit: mostMembers }) });

/** Has everything about projects loaded again; answers when the visible part is there. */
export function refreshProjects(): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: ['projects'] });
}

/** True when somebody of this role may do what needs the other. */
export function roleReaches(role: ProjectRole, needed: ProjectRole): boolean {
  return projectRoles.indexOf(role) <= projectRoles.indexOf(needed);
}

export type { Project };
