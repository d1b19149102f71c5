import { Button, CloseButton } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconInfoCircle } from '@tabler/icons-react';
import { useSyncExternalStore } from 'react';
import { texts } from '../texts.ts';
import classes from './notice-list.module.css';
import { dismissNotice, noticeStore } from './notices.ts';

const icons = { good: IconCheck, bad: IconAlertTriangle, plain: IconInfoCircle };

/** The corner where notices appear; read out by screen readers. */
export function NoticeList() {
  const notices = useSyncExternalStore(noticeStore.subscribe, noticeStore.snapshot);
  return (
    <div className={classes['list']} role="status" aria-live="polite">
      {notices.map(({ id, tone, text, action }) => {
        const Icon = icons[tone];
        return (
          <div key={id} className={classes['notice']} data-tone={tone}>
            <Icon size={18} className={classes['icon']} aria-hidden />
            <div className={classes['text']}>{text}</div>
            {action && (
              <Button
                variant="subtle"
                onClick={() => {
                  dismissNotice(id);
                  action.run();
                }}
              >
                {action.label}
              </Button>
            )}
            <CloseButton size="sm" aria-label={texts.common.close} onClick={() => dismissNotice(id)} />
          </div>
        );
      })}
    </div>
  );
}
