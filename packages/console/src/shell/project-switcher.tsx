import { Menu, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { IconCheck, IconChevronDown } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { projectsQuery } from '../api/projects.ts';
import { texts } from '../texts.ts';
import classes from './project-switcher.module.css';

const searchFrom = 8;
const mostShown = 100;

/** Shows the project that the page belongs to, and leads to the others. */
export function ProjectSwitcher({ projectId }: { projectId: string | undefined }) {
  const { data: projects = [] } = useQuery(projectsQuery);
  const navigate = useNavigate();
  const [search, setSearch] = useState('');
  const current = projects.find((project) => project.id === projectId);
  const wanted = search.trim().toLowerCase();
  const shown = projects.filter((project) => project.name.toLowerCase().includes(wanted)).slice(0, mostShown);
  return (
    <Menu position="bottom-start" width={260} onClose={() => setSearch('')}>
      <Menu.Target>
        <UnstyledButton className={classes['button'] ?? ''}>
          <VisuallyHidden>{texts.nav.switchProject}</VisuallyHidden>
          <span className={classes['name']} data-none={current === undefined}>
            {current?.name ?? texts.nav.noProject}
          </span>
          <IconChevronDown size={15} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown className={classes['list'] ?? ''}>
        {projects.length >= searchFrom && (
          <Menu.Search placeholder={texts.home.filter} aria-label={texts.home.filter} value={search} onChange={(event) => setSearch(event.currentTarget.value)} />
        )}
        {shown.map((project) => (
          <Menu.Item
            key={project.id}
            onClick={() => void navigate({ to: '/projects/$projectId', params: { projectId: project.id } })}
            rightSection={project.id === projectId ? <IconCheck size={15} aria-hidden /> : undefined}
          >
            {project.name}
          </Menu.Item>
        ))}
        {shown.length > 0 && <Menu.Divider />}
        <Menu.Item onClick={() => void navigate({ to: '/' })}>{texts.nav.allProjects}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
