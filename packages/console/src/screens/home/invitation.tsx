import { Button } from '@mantine/core';
import { IconCompass } from '@tabler/icons-react';
import { useState } from 'react';
import { declineTour, isInvited, startTour, useTour } from '../../shell/tour-state.ts';
import { homeTexts } from '../../texts-home.ts';
import classes from './home.module.css';

const t = homeTexts.tour;

/** For somebody who is here for the first time: the tour. */
export function Invitation() {
  const [isOpen, setOpen] = useState(isInvited);
  const isOn = useTour();
  if (!isOpen || isOn) return null;
  return (
    <aside className={classes['invitation']} aria-label={t.title}>
      <IconCompass size={26} stroke={1.5} aria-hidden />
      <p>
        <strong>{t.invite}</strong> {t.inviteText}
      </p>
      <Button
        variant="subtle"
        onClick={() => {
          declineTour();
          setOpen(false);
        }}
      >
        {t.later}
      </Button>
      <Button onClick={startTour}>{t.start}</Button>
    </aside>
  );
}
