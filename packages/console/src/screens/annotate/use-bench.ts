import { useEffect, useRef, useState } from 'react';
import { useMe } from '../../api/session.ts';
import { takePrepared, preparedBench } from './session/ahead.ts';
import { openBench, type BenchInput } from './session/open-bench.ts';
import type { Workbench } from './session/workbench.ts';

interface Opened {
  readonly key: string;
  readonly bench: Workbench;
}

/**
 * The workbench of an item: the one that was prepared, at once, or a new one as soon as it is loaded. The input is that of the
 * first rendering with the key; another key ends the bench, and brings the next.
 */
export function useBench(key: string, input: Omit<BenchInput, 'userId'>): { bench: Workbench | undefined; error: unknown } {
  const me = useMe();
  const current = useRef<Opened>(undefined);
  const [, setOpened] = useState<Opened>();
  const [fault, setFault] = useState<{ key: string; error: unknown }>();
  const bench = current.current?.key === key ? current.current.bench : preparedBench(key);
  useEffect(() => {
    let isOver = false;
    const adopt = (made: Workbench) => {
      current.current = { key, bench: made };
      made.begin();
      return current.current;
    };
    const ready = takePrepared(key);
    if (ready) adopt(ready);
    else {
      openBench({ ...input, userId: me.user.id }).then(
        (made) => void (isOver ? made.end() : setOpened(adopt(made))),
        (error: unknown) => void (isOver || setFault({ key, error })),
      );
    }
    return () => {
      isOver = true;
      current.current?.bench.end();
      current.current = undefined;
    };
  }, [key]);
  return { bench, error: fault?.key === key ? fault.error : undefined };
}
