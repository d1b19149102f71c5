import { useEffect, useState } from 'react';
import type { Acquired } from './acquire.ts';
import { letGo } from './session/task-queue.ts';
import { TaskWork } from './session/task-work.ts';
import type { TaskMode } from './task-flow.ts';

/** What a person may do with a task that they opened; work goes on until they leave, and the lease is kept for when they come back. */
export function useMode(acquired: Acquired): TaskMode | undefined {
  const [mode, setMode] = useState<TaskMode>();
  useEffect(() => {
    if (acquired.kind !== 'work') {
      setMode(acquired);
      return undefined;
    }
    const work = new TaskWork(acquired.held);
    setMode({ kind: 'work', work });
    return () => {
      work.end();
      letGo(work.task.id, { keepLease: true });
    };
  }, [acquired]);
  return mode;
}
