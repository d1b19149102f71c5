import { useMantineColorScheme } from '@mantine/core';
import { IconArrowRight, IconFolders, IconLayoutGrid, IconLogout, IconMoon, IconSun, IconSunMoon, IconUserCircle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { datasetsQuery } from '../api/datasets.ts';
import { projectsQuery } from '../api/projects.ts';
import { signOut, useMe } from '../api/session.ts';
import { texts } from '../texts.ts';
import { CommandPalette, type Command } from '../ui/command-palette.tsx';
import { useCurrentProjectId } from './current-project.ts';
import { homePage, myWorkPage, organizationPages, useProjectPages } from './navigation.ts';

/** Everything that one can go to or do, found by typing. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const { title, placeholder, empty } = texts.palette;
  return <CommandPalette title={title} placeholder={placeholder} empty={empty} commands={useCommands()} onClose={onClose} />;
}

function useCommands(): Command[] {
  const me = useMe();
  const navigate = useNavigate();
  const projectId = useCurrentProjectId();
  const { data: projects = [] } = useQuery(projectsQuery);
  const { data: datasets = [] } = useQuery(datasetsQuery());
  const { setColorScheme } = useMantineColorScheme();
  const pages = [homePage, myWorkPage, ...useProjectPages(projectId), ...organizationPages(me)];
  const names = new Map(projects.map(({ id, name }) => [id, name]));
  const { actions } = texts.palette;
  return [
    ...pages.map(({ label, icon, link }): Command => ({ id: `page-${link.to}`, group: texts.palette.pages, label, icon, run: () => navigate(link) })),
    { id: 'account', group: texts.palette.pages, label: texts.user.account, icon: IconUserCircle, run: () => navigate({ to: '/account' }) },
    ...projects.map(({ id, name }): Command => ({ id, group: texts.palette.projects, label: name, icon: IconLayoutGrid, run: () => navigate({ to: '/projects/$projectId', params: { projectId: id } }) })),
    ...datasets.map(
      ({ id, name, projectId: project }): Command => ({
        id,
        group: texts.palette.datasets,
        label: name,
        hint: names.get(project) ?? texts.palette.datasets,
        icon: IconFolders,
        run: () => navigate({ to: '/datasets/$datasetId', params: { datasetId: id } }),
      }),
    ),
    { id: 'theme-auto', group: actions, label: `${texts.user.theme}: ${texts.user.system}`, icon: IconSunMoon, run: () => setColorScheme('auto') },
    { id: 'theme-light', group: actions, label: `${texts.user.theme}: ${texts.user.light}`, icon: IconSun, run: () => setColorScheme('light') },
    { id: 'theme-dark', group: actions, label: `${texts.user.theme}: ${texts.user.dark}`, icon: IconMoon, run: () => setColorScheme('dark') },
    { id: 'reference', group: texts.palette.pages, label: texts.nav.reference, icon: IconArrowRight, run: () => window.open('/docs', '_blank', 'noreferrer') },
    { id: 'sign-out', group: actions, label: texts.user.signOut, icon: IconLogout, run: () => signOut().then(() => navigate({ to: '/sign-in' })) },
  ];
}
