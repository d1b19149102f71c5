import { useEffect, useMemo } from 'react';
import type { Acquired } from './acquire.ts';
import { letGo } from './session/task-queue.ts';
import { TaskWork } from './session/task-work.ts';
import type { TaskMode } from './task-flow.ts';

/** What a person may do with a task that they opened; work goes on until they leave, and the lease is kept for when they come back. */
export function useMode(acquired: Acquired): TaskMode {
  const mode = useMemo((): TaskMode => (acquired.kind === 'work' ? { kind: 'work', work: new TaskWork(acquired.held) } : acquired), [acquired]);
  useEffect(() => {
    if (mode.kind !== 'work') return undefined;
    const { work } = mode;
    work.begin();
    return () => {
      work.end();
      letGo(work.task.id, { keepLease: true });
    };
  }, [mode]);
  return mode;
}
