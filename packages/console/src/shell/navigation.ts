import type { Me } from '@fovea/contract';
import { IconAdjustments, IconBook2, IconChartDots3, IconChecklist, IconChecks, IconClipboardCheck, IconCpu, IconDatabase, IconFolders, IconHistory, IconKey, IconLayoutGrid, IconListCheck, IconPalette, IconUsers, IconUsersGroup, IconWebhook, type Icon } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { linkOptions } from '@tanstack/react-router';
import { projectQuery, roleReaches } from '../api/projects.ts';
import { useScope } from '../api/session.ts';
import { texts } from '../texts.ts';
import { homeTexts } from '../texts-home.ts';

/** The pages of a project, in the order of the navigation. A new screen of a project gets a line here and a route in router.tsx. */
const projectPages = (projectId: string) => [
  { label: texts.nav.datasets, icon: IconFolders, link: linkOptions({ to: '/projects/$projectId', params: { projectId }, activeOptions: { exact: true } }), below: ['/datasets/', '/items/'] },
  { label: homeTexts.nav.batches, icon: IconChecklist, link: linkOptions({ to: '/projects/$projectId/batches', params: { projectId } }), below: ['/batches/'] },
  { label: homeTexts.nav.review, icon: IconChecks, link: linkOptions({ to: '/projects/$projectId/review', params: { projectId } }), below: [] },
  { label: homeTexts.nav.quality, icon: IconChartDots3, link: linkOptions({ to: '/projects/$projectId/quality', params: { projectId } }), below: [] },
  { label: homeTexts.nav.recipes, icon: IconPalette, link: linkOptions({ to: '/projects/$projectId/recipes', params: { projectId } }), below: [] },
  { label: homeTexts.nav.jobs, icon: IconListCheck, link: linkOptions({ to: '/projects/$projectId/jobs', params: { projectId } }), below: ['/jobs/'] },
  { label: homeTexts.nav.profiles, icon: IconAdjustments, link: linkOptions({ to: '/projects/$projectId/profiles', params: { projectId } }), below: ['/profiles/'] },
  { label: texts.nav.members, icon: IconUsersGroup, link: linkOptions({ to: '/projects/$projectId/members', params: { projectId } }), below: [] },
  { label: homeTexts.nav.webhooks, icon: IconWebhook, link: linkOptions({ to: '/projects/$projectId/webhooks', params: { projectId } }), below: [] },
  { label: homeTexts.nav.usage, icon: IconDatabase, link: linkOptions({ to: '/projects/$projectId/usage', params: { projectId } }), below: [] },
];

/** The pages of a project that this person may open; none outside projects. */
export function useProjectPages(projectId: string | undefined) {
  const { data: project } = useQuery({ ...projectQuery(projectId ?? ''), enabled: projectId !== undefined });
  const manages = useScope('admin') && project !== undefined && roleReaches(project.role, 'manager');
  const reviews = project !== undefined && roleReaches(project.role, 'reviewer');
  const isHidden: Readonly<Record<string, boolean>> = { '/projects/$projectId/webhooks': !manages, '/projects/$projectId/review': !reviews, '/projects/$projectId/quality': !reviews };
  return projectId === undefined ? [] : projectPages(projectId).filter(({ link }) => isHidden[link.to] !== true);
}

/** The page that every other lies under. */
export const homePage = { label: texts.nav.projects, icon: IconLayoutGrid, link: linkOptions({ to: '/', activeOptions: { exact: true } }) };

/** What waits for the person, in every project. */
export const myWorkPage = { label: homeTexts.nav.myWork, icon: IconClipboardCheck, link: linkOptions({ to: '/my-work' }) };

/** The pages of the organisation. */
export const organizationPages = (me: Me) => [
  { label: homeTexts.nav.analytics, icon: IconCpu, link: linkOptions({ to: '/analytics' }) },
  { label: texts.nav.keys, icon: IconKey, link: linkOptions({ to: '/keys' }) },
  ...(me.user.admin
    ? [
        { label: texts.nav.users, icon: IconUsers, link: linkOptions({ to: '/users' }) },
        { label: homeTexts.nav.usage, icon: IconDatabase, link: linkOptions({ to: '/usage' }) },
        { label: homeTexts.nav.audit, icon: IconHistory, link: linkOptions({ to: '/audit' }) },
      ]
    : []),
];

/** Pages of the platform outside the console. */
export const outsidePages: readonly { label: string; icon: Icon; href: string }[] = [{ label: texts.nav.reference, icon: IconBook2, href: '/docs' }];
