import { Menu, SegmentedControl, UnstyledButton, useMantineColorScheme, VisuallyHidden, type MantineColorScheme } from '@mantine/core';
import { IconCompass, IconLogout, IconSelector, IconUserCircle } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { signOut, useMe } from '../api/session.ts';
import { texts } from '../texts.ts';
import { homeTexts } from '../texts-home.ts';
import { startTour } from './tour-state.ts';
import classes from './user-menu.module.css';

const themes: { value: MantineColorScheme; label: string }[] = [
  { value: 'auto', label: texts.user.system },
  { value: 'light', label: texts.user.light },
  { value: 'dark', label: texts.user.dark },
];

/** Who is signed in: account, theme, sign out. */
export function UserMenu() {
  const me = useMe();
  const navigate = useNavigate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const leave = useMutation({ mutationFn: signOut, onSuccess: () => navigate({ to: '/sign-in' }) });
  return (
    <Menu position="top-start" width={230}>
      <Menu.Target>
        <UnstyledButton className={classes['button'] ?? ''}>
          <VisuallyHidden>{texts.user.menu}</VisuallyHidden>
          <span className={classes['avatar']} aria-hidden>
            {(me.user.name || me.user.email).slice(0, 1).toUpperCase()}
          </span>
          <span className={classes['who']}>
            <span className={classes['name']}>{me.user.name || me.user.email}</span>
            <span className={classes['organization']}>{me.organization.name}</span>
          </span>
          <IconSelector size={15} aria-hidden className={classes['chevron']} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{me.user.email}</Menu.Label>
        <Menu.Item leftSection={<IconUserCircle size={16} aria-hidden />} onClick={() => void navigate({ to: '/account' })}>
          {texts.user.account}
        </Menu.Item>
        <Menu.Item leftSection={<IconCompass size={16} aria-hidden />} onClick={startTour}>
          {homeTexts.tour.start}
        </Menu.Item>
        <Menu.Divider />
        <Menu.RadioGroup value={colorScheme} onChange={(value) => setColorScheme(value as MantineColorScheme)}>
          <Menu.Label>{texts.user.theme}</Menu.Label>
          {themes.map(({ value, label }) => (
            <Menu.RadioItem key={value} value={value}>
              {label}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} disabled={leave.isPending} closeMenuOnClick={false} onClick={() => leave.mutate()}>
          {texts.user.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Chooses light, dark, or what the system says; kept in the browser. */
export function ThemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <SegmentedControl
      size="xs"
      fullWidth
      aria-label={texts.user.theme}
      value={colorScheme}
      onChange={(value) => setColorScheme(value as MantineColorScheme)}
      data={themes}
    />
  );
}
