import { Loader } from '@mantine/core';
import { useEffect, useMemo, useState, type KeyboardEvent } from 'react';
import { scanTexts as t } from '../../../texts-scan.ts';
import type { Frame } from './frame.ts';
import { FrameStore, type Place, type Stack } from './frame-store.ts';
import { loadLabels } from './labels.ts';
import type { LabelFrame } from './labels-paint.ts';
import { Pane } from './pane.tsx';
import classes from './scan.module.css';
import { Failed, type Shared } from './scan-viewer.tsx';

/** One slice after the other. */
export function StackView({ stack, ...shared }: Shared & { stack: Stack }) {
  const [slice, setSlice] = useState(stack.start);
  const { frame, error } = useFrame(stack, slice, shared.onFrame);
  const labels = usePlaceLabels(shared, stack.places[slice]);
  const last = stack.places.length - 1;
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -last, End: last }[event.key];
    if (step === undefined || (event.target as HTMLElement).tagName === 'INPUT') return;
    event.preventDefault();
    event.stopPropagation();
    setSlice((now) => Math.min(last, Math.max(0, now + step)));
  };
  if (error && !frame) return <Failed error={error} />;
  return (
    <div className={classes['panes']} tabIndex={0} onKeyDown={onKeyDown} data-testid="scan-stack" aria-label={t.stack} role="application">
      <Pane
        {...shared}
        name={t.stack}
        frame={frame}
        labels={labels}
        spacing={spacingOf(shared.item)}
        slice={slice}
        slices={stack.places.length}
        measurements={shared.measurements['stack'] ?? []}
        onMeasure={(line) => shared.onMeasure('stack', line)}
        onSlice={setSlice}
      >
        {!frame && <Loader size="sm" aria-label={t.loading} />}
      </Pane>
    </div>
  );
}

/** Between columns and between rows, in mm: the header gives them the other way round. */
function spacingOf({ kind, summary }: Shared['item']): readonly [number, number] | undefined {
  const spacing = summary['spacing'];
  if (!Array.isArray(spacing)) return undefined;
  const [first, second] = spacing as unknown[];
  if (typeof first !== 'number' || typeof second !== 'number') return undefined;
  return kind === 'nifti' ? [first, second] : [second, first];
}

/** The frame of a slice; the last one stays until the next is there. */
function useFrame(stack: Stack, slice: number, told: (frame: Frame) => void): { frame: Frame | undefined; error: unknown } {
  const store = useMemo(() => new FrameStore(stack.places), [stack]);
  const [shown, setShown] = useState<{ frame: Frame | undefined; error: unknown }>({ frame: undefined, error: undefined });
  useEffect(() => () => store.close(), [store]);
  useEffect(() => {
    let isWanted = true;
    store.get(slice).then(
      (frame) => {
        if (!isWanted) return;
        told(frame);
        setShown({ frame, error: undefined });
      },
      (error: unknown) => isWanted && setShown((now) => ({ ...now, error })),
    );
    return () => {
      isWanted = false;
    };
  }, [store, slice]);
  return shown;
}

function usePlaceLabels({ onNames, item }: Shared, place: Place | undefined): LabelFrame | undefined {
  const [found, setFound] = useState<{ place: Place; labels: LabelFrame | undefined }>();
  useEffect(() => {
    if (!place || (place.itemId === item.id && item.annotationCount === 0)) return undefined;
    const stop = new AbortController();
    // A moment's rest first: who scrolls through a stack wants the pictures.
    const timer = setTimeout(() => {
      loadLabels(place.itemId, place.frame, stop.signal).then(
        (labels) => {
          if (labels) onNames(labels.names);
          setFound({ place, labels: labels?.frame });
        },
        (error: unknown) => {
          if (!stop.signal.aborted) console.warn('labels of a slice could not be loaded', error);
        },
      );
    }, 60);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [place, item]);
  return found?.place === place ? found?.labels : undefined;
}
