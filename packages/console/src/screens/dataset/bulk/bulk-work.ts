import type { Command } from '@fovea/contract';
import { useCallback, useState } from 'react';
import { fovea } from '../../../api/client.ts';
import { noticeSession } from '../../../api/query-client.ts';
import { bulkTexts as t } from '../../../texts-bulk.ts';
import { notify, notifyError } from '../../../ui/notices.ts';

/** A change of many items that the platform is at. */
export interface BulkWork {
  /** What is under way, with how far it is. */
  current: Command | undefined;
  /** Shows a command until it has ended; then `refresh` is called, and `done` says what became of it. */
  follow: (command: Command, done: (ended: Command) => void) => void;
}

/** Follows one change at a time; what is followed goes on when the page is left. */
export function useBulkWork(refresh: () => Promise<unknown>): BulkWork {
  const [current, setCurrent] = useState<Command>();
  const follow = useCallback(
    (command: Command, done: (ended: Command) => void) => {
      setCurrent(command);
      const watch = async () => {
        let now = command;
        while (now.endedAt === null) {
          now = await fovea.commands.get(command.id, { waitSeconds: 1 });
          setCurrent(now);
        }
        await refresh();
        if (now.status === 'complete') done(now);
        else if (now.status === 'cancelled') notify({ tone: 'plain', text: t.stopped(now.done) });
        else notify({ tone: 'bad', text: now.message ?? now.status });
      };
      watch()
        .catch((error: unknown) => {
          noticeSession(error);
          notifyError(error);
        })
        .finally(() => setCurrent((shown) => (shown?.id === command.id ? undefined : shown)));
    },
    [refresh],
  );
  return { current, follow };
}
