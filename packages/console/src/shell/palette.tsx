import { Modal, TextInput } from '@mantine/core';
import { IconArrowRight, IconFolders, IconLayoutGrid, IconLogout, IconMoon, IconSun, IconSunMoon, IconUserCircle, type Icon } from '@tabler/icons-react';
import { useMantineColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { datasetsQuery } from '../api/datasets.ts';
import { projectsQuery } from '../api/projects.ts';
import { signOut, useMe } from '../api/session.ts';
import { texts } from '../texts.ts';
import { useCurrentProjectId } from './current-project.ts';
import { homePage, organizationPages, projectPages } from './navigation.ts';
import classes from './palette.module.css';

interface Command {
  id: string;
  group: string;
  label: string;
  hint?: string;
  icon: Icon;
  run: () => unknown;
}

const mostShown = 40;

/** Everything that one can go to or do, found by typing. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const [search, setSearch] = useState('');
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const shown = match(useCommands(), search);
  const at = Math.min(active, Math.max(0, shown.length - 1));
  useEffect(() => list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' }), [at]);

  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    void command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move !== undefined && shown.length > 0) {
      event.preventDefault();
      setActive((at + move + shown.length) % shown.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      run(shown[at]);
    }
  };

  return (
    <Modal.Root opened onClose={onClose} padding={0} size={560} yOffset="12vh" centered={false}>
      <Modal.Overlay backgroundOpacity={0.45} />
      <Modal.Content aria-label={texts.palette.title}>
      <TextInput
        className={classes['input'] ?? ''}
        variant="unstyled"
        size="md"
        placeholder={texts.palette.placeholder}
        aria-label={texts.palette.title}
        role="combobox"
        aria-expanded
        aria-controls="palette-list"
        aria-activedescendant={shown[at] ? `palette-${shown[at].id}` : undefined}
        value={search}
        onChange={(event) => {
          setSearch(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
        data-autofocus
      />
      <div ref={list} id="palette-list" role="listbox" aria-label={texts.palette.title} className={classes['list']}>
        {shown.map((command, index) => {
          const Icon = command.icon;
          return (
            <div
              key={command.id}
              id={`palette-${command.id}`}
              role="option"
              aria-selected={index === at}
              className={classes['option']}
              onPointerMove={() => setActive(index)}
              onClick={() => run(command)}
            >
              <Icon size={16} aria-hidden />
              <span className={classes['label']}>{command.label}</span>
              <span className={classes['hint']}>{command.hint ?? command.group}</span>
            </div>
          );
        })}
      </div>
      {shown.length === 0 && <div className={classes['empty']}>{texts.palette.empty}</div>}
      </Modal.Content>
    </Modal.Root>
  );
}

/** Those in which every typed word occurs; words at the beginning of the label come first. */
function match(commands: readonly Command[], search: string): Command[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = commands.filter(({ label, hint, group }) => {
    const text = `${label} ${hint ?? ''} ${group}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const first = words[0];
  const begins = ({ label }: Command) => (first !== undefined && label.toLowerCase().startsWith(first) ? 0 : 1);
  return found.toSorted((a, b) => begins(a) - begins(b)).slice(0, mostShown);
}

function useCommands(): Command[] {
  const me = useMe();
  const navigate = useNavigate();
  const projectId = useCurrentProjectId();
  const { data: projects = [] } = useQuery(projectsQuery);
  const { data: datasets = [] } = useQuery(datasetsQuery());
  const { setColorScheme } = useMantineColorScheme();
  const pages = [homePage, ...(projectId === undefined ? [] : projectPages(projectId)), ...organizationPages(me)];
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
