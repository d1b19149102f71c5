import type { Item } from '@fovea/contract';
import { ActionIcon, Tooltip } from '@mantine/core';
import { IconMaximize, IconMinus, IconPlus, IconZoomReset } from '@tabler/icons-react';
import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { texts } from '../../texts.ts';
import { fitView, moveView, zoomView, type Size, type View } from './view.ts';
import classes from './zoom-picture.module.css';

const keyStep = 60;
const keyFactor = 1.25;

/** A picture to look at closely: wheel and keys zoom, dragging moves, double click switches between whole and actual pixels. */
export function ZoomPicture({ item, src, onFault }: { item: Item; src: string; onFault: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  const [picture, setPicture] = useState<Size | undefined>(item.width !== null && item.height !== null ? { width: item.width, height: item.height } : undefined);
  const { view, setView, fit, room } = useView(box, picture);
  const drag = useRef<{ x: number; y: number } | undefined>(undefined);
  const smallest = picture && room ? fitView(picture, room).scale / 4 : 0.01;
  const centre = { x: (room?.width ?? 0) / 2, y: (room?.height ?? 0) / 2 };
  const zoom = (factor: number, at = centre) => setView((now) => now && zoomView(now, factor, at, smallest));
  const move = (dx: number, dy: number) => setView((now) => now && picture && room && moveView(now, dx, dy, picture, room));
  const actual = (at = centre) => setView((now) => now && zoomView(now, 1 / now.scale, at, smallest));
  useWheel(box, zoom);

  const onKeyDown = (event: KeyboardEvent) => {
    const zoomed = view && picture && room && (picture.width * view.scale > room.width || picture.height * view.scale > room.height);
    const keys: Record<string, () => void> = {
      '+': () => zoom(keyFactor),
      '=': () => zoom(keyFactor),
      '-': () => zoom(1 / keyFactor),
      '0': fit,
      '1': () => actual(),
      // Without zoom there is nothing to move, and the arrows lead to the neighbours.
      ...(zoomed ? { ArrowLeft: () => move(keyStep, 0), ArrowRight: () => move(-keyStep, 0), ArrowUp: () => move(0, keyStep), ArrowDown: () => move(0, -keyStep) } : {}),
    };
    const run = event.ctrlKey || event.metaKey ? undefined : keys[event.key];
    if (!run) return;
    event.preventDefault();
    event.stopPropagation();
    run();
  };
  const local = (event: { clientX: number; clientY: number }) => {
    const rect = box.current?.getBoundingClientRect();
    return { x: event.clientX - (rect?.left ?? 0), y: event.clientY - (rect?.top ?? 0) };
  };
  const onPointerMove = (event: PointerEvent) => {
    if (!drag.current) return;
    move(event.clientX - drag.current.x, event.clientY - drag.current.y);
    drag.current = { x: event.clientX, y: event.clientY };
  };

  return (
    <>
      <div
        ref={box}
        className={classes['box']}
        role="application"
        aria-label={texts.item.stage(item.name)}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onDoubleClick={(event) => (view && view.scale >= 1 ? fit() : actual(local(event)))}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          drag.current = { x: event.clientX, y: event.clientY };
        }}
        onPointerMove={onPointerMove}
        onPointerUp={() => (drag.current = undefined)}
        onPointerCancel={() => (drag.current = undefined)}
      >
        <img
          src={src}
          alt={item.name}
          draggable={false}
          className={classes['picture']}
          data-pixels={view !== undefined && view.scale >= 3}
          style={view && picture ? { width: picture.width, height: picture.height, transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})` } : { visibility: 'hidden' }}
          onLoad={(event) => setPicture({ width: event.currentTarget.naturalWidth, height: event.currentTarget.naturalHeight })}
          onError={onFault}
        />
      </div>
      <div className={classes['tools']} role="toolbar" aria-label={texts.item.zoom}>
        <Tool label={texts.item.zoomOut} icon={IconMinus} onClick={() => zoom(1 / keyFactor)} />
        <span className={classes['scale']}>{view ? `${Math.round(view.scale * 100)} %` : ''}</span>
        <Tool label={texts.item.zoomIn} icon={IconPlus} onClick={() => zoom(keyFactor)} />
        <Tool label={texts.item.fit} icon={IconMaximize} onClick={fit} />
        <Tool label={texts.item.actual} icon={IconZoomReset} onClick={() => actual()} />
      </div>
    </>
  );
}

function Tool({ label, icon: Icon, onClick }: { label: string; icon: typeof IconPlus; onClick: () => void }) {
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} onClick={onClick}>
        <Icon size={16} />
      </ActionIcon>
    </Tooltip>
  );
}

/** The view; fits the picture until somebody changes it, also when the window grows. */
function useView(box: { current: HTMLDivElement | null }, picture: Size | undefined) {
  const [view, setOwn] = useState<View>();
  const [room, setRoom] = useState<Size>();
  const touched = useRef(false);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const read = () => setRoom({ width: element.clientWidth, height: element.clientHeight });
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  useLayoutEffect(() => {
    if (picture && room && !touched.current) setOwn(fitView(picture, room));
  }, [picture?.width, picture?.height, room?.width, room?.height]);
  return {
    view,
    room,
    setView(change: (now: View | undefined) => View | undefined) {
      touched.current = true;
      setOwn(change);
    },
    fit() {
      touched.current = false;
      if (picture && room) setOwn(fitView(picture, room));
    },
  };
}

/** Wheel and pinch. React listens passively, so that the page would scroll too. */
function useWheel(box: { current: HTMLDivElement | null }, zoom: (factor: number, at: { x: number; y: number }) => void): void {
  const latest = useRef(zoom);
  latest.current = zoom;
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const rect = element.getBoundingClientRect();
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY;
      latest.current(Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.0018)), { x: event.clientX - rect.left, y: event.clientY - rect.top });
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [box]);
}
