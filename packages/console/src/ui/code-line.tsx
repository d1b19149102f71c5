import { ActionIcon, CopyButton, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { texts } from '../texts.ts';
import classes from './code-line.module.css';

/** Code or a key to copy, with the button for it. */
export function CodeLine({ code, label }: { code: string; label?: string }) {
  return (
    <div className={classes['frame']}>
      {label !== undefined && <div className={classes['label']}>{label}</div>}
      <div className={classes['box']}>
        {/* Reachable by keyboard, as it scrolls sideways when it is long. */}
        <pre className={classes['code']} tabIndex={0} aria-label={label ?? texts.common.copy}>
          {code}
        </pre>
        <CopyButton value={code}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? texts.common.copied : texts.common.copy}>
              <ActionIcon onClick={copy} aria-label={copied ? texts.common.copied : texts.common.copy} className={classes['button'] ?? ''}>
                {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      </div>
    </div>
  );
}
