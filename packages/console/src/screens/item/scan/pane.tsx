import { useEffect, useLayoutEffect, useMemo, useRef, useState, type PointerEvent, type ReactNode } from 'react';
import { scanTexts as t } from '../../../texts-scan.ts';
import type { Frame, Window } from './frame.ts';
import { paint } from './frame.ts';
import { paintLabels, type LabelFrame } from './labels-paint.ts';
import classes from './scan.module.css';
import { extentOf, fit, lengthOf, toPane, toPicture, zoomAt, type Extent, type Measurement, type PaneView } from './view.ts';

export type Tool = 'window' | 'pan' | 'zoom' | 'measure';

export interface PaneProps {
  name: string;
  frame: Frame | undefined;
  labels: LabelFrame | undefined;
  opacities: Readonly<Record<string, number>>;
  window: Window;
  spacing: readonly [number, number] | undefined;
  slice: number;
  slices: number;
  tool: Tool;
  /** Changes when the view is to be fitted anew. */
  resets: number;
  measurements: readonly Measurement[];
  onWindow(window: Window): void;
  onSlice(slice: number): void;
  onMeasure(measurement: Measurement): void;
  children?: ReactNode;
}

/** One picture of a scan: wheel scrolls through the slices, dragging does what the tool says, the right button moves. */
export function Pane(props: PaneProps) {
  const { frame, slice, slices, spacing } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const extent = useMemo(() => (frame ? extentOf(frame, spacing) : undefined), [frame?.width, frame?.height, spacing?.[0], spacing?.[1]]);
  const { view, setView, room } = useFitted(box, extent, props.resets);
  const [draft, setDraft] = useState<Measurement>();
  const picture = usePainted(frame, props.window);
  const overlay = useLabels(props.labels, props.opacities);
  useDrawn(canvas, { room, view, extent, layers: [picture, overlay] });
  useWheel(box, { slice, slices, onSlice: props.onSlice, onZoom: (factor, at) => setView((now) => now && zoomAt(now, factor, at)) });
  const gesture = useGesture({ ...props, view, extent, setView, setDraft });
  const lines = [...props.measurements.filter((one) => one.slice === slice), ...(draft ? [draft] : [])];

  return (
    <div className={classes['pane']} ref={box} data-pane={props.name} data-tool={props.tool} {...gesture} onContextMenu={(event) => event.preventDefault()}>
      <canvas ref={canvas} className={classes['canvas']} width={room?.width ?? 1} height={room?.height ?? 1} aria-label={props.name} role="img" />
      {view && extent && (
        <svg className={classes['lines']} aria-hidden>
          {lines.map((line, index) => (
            <Line key={index} line={line} view={view} extent={extent} spacing={spacing} />
          ))}
        </svg>
      )}
      <div className={classes['corner']}>{props.children}</div>
      <div className={classes['readout']}>
        <span>{t.windowIs(Math.round(props.window.center * 10) / 10, Math.round(props.window.width * 10) / 10)}</span>
      </div>
      {slices > 1 && (
        <input
          className={classes['slider']}
          type="range"
          min={0}
          max={slices - 1}
          value={slice}
          aria-label={`${props.name}: ${t.slice}`}
          onChange={(event) => props.onSlice(Number(event.currentTarget.value))}
          onPointerDown={(event) => event.stopPropagation()}
        />
      )}
      <output className={classes['count']}>{t.sliceOf(slice + 1, slices)}</output>
    </div>
  );
}

function Line({ line, view, extent, spacing }: { line: Measurement; view: PaneView; extent: Extent; spacing: readonly [number, number] | undefined }) {
  const [a, b] = [toPane(view, extent, line.from), toPane(view, extent, line.to)];
  const length = lengthOf(line, spacing);
  return (
    <g>
      <line x1={a.x} y1={a.y} x2={b.x} y2={b.y} />
      <circle cx={a.x} cy={a.y} r={3} />
      <circle cx={b.x} cy={b.y} r={3} />
      <text x={b.x + 8} y={b.y - 6}>
        {spacing ? t.millimetres(length) : t.pixels(length)}
      </text>
    </g>
  );
}

interface Room {
  width: number;
  height: number;
}

/** The view; fits until somebody changes it. */
function useFitted(box: { current: HTMLDivElement | null }, extent: Extent | undefined, resets: number) {
  const [room, setRoom] = useState<Room>();
  const [view, setOwn] = useState<PaneView>();
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
    touched.current = false;
  }, [resets]);
  useLayoutEffect(() => {
    if (extent && room && !touched.current) setOwn(fit(extent, room));
  }, [extent, room, resets]);
  return {
    room,
    view,
    setView(change: (now: PaneView | undefined) => PaneView | undefined) {
      touched.current = true;
      setOwn(change);
    },
  };
}

/** A frame through a window, as something that can be drawn; painted anew only when one of them changes. */
function usePainted(frame: Frame | undefined, window: Window): CanvasImageSource | undefined {
  const easel = useRef<Easel>(undefined);
  return useMemo(() => {
    if (!frame || frame.kind === 'picture') return frame?.bitmap;
    return painted(easel, frame, (pixels) => paint(frame, window, pixels));
  }, [frame, window.center, window.width]);
}

function useLabels(labels: LabelFrame | undefined, opacities: Readonly<Record<string, number>>): CanvasImageSource | undefined {
  const easel = useRef<Easel>(undefined);
  return useMemo(() => labels && painted(easel, labels, (pixels) => paintLabels(labels, opacities, pixels)), [labels, opacities]);
}

interface Easel {
  readonly canvas: OffscreenCanvas;
  readonly image: ImageData;
}

/** One canvas serves all slices of a size: a new one for each would be left to the garbage collector by the hundred. */
function painted(easel: { current: Easel | undefined }, { width, height }: { width: number; height: number }, write: (pixels: Uint8ClampedArray) => void): CanvasImageSource {
  if (easel.current?.canvas.width !== width || easel.current.canvas.height !== height) easel.current = { canvas: new OffscreenCanvas(width, height), image: new ImageData(width, height) };
  const { canvas, image } = easel.current;
  write(image.data);
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}

function useDrawn(canvas: { current: HTMLCanvasElement | null }, { room, view, extent, layers }: { room: Room | undefined; view: PaneView | undefined; extent: Extent | undefined; layers: readonly (CanvasImageSource | undefined)[] }) {
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !room) return;
    context.fillStyle = '#000';
    context.fillRect(0, 0, room.width, room.height);
    if (!view || !extent) return;
    const [width, height] = [extent.width * extent.stretchX * view.scale, extent.height * extent.stretchY * view.scale];
    context.imageSmoothingEnabled = view.scale < 4;
    for (const [at, layer] of layers.entries()) {
      if (!layer) continue;
      // Labels end where they end: no in-between colours.
      if (at > 0) context.imageSmoothingEnabled = false;
      context.drawImage(layer, view.x, view.y, width, height);
    }
    canvas.current?.setAttribute('data-drawn', layers[0] ? 'yes' : 'no');
  });
}

function useWheel(box: { current: HTMLDivElement | null }, given: { slice: number; slices: number; onSlice(slice: number): void; onZoom(factor: number, at: { x: number; y: number }): void }) {
  const latest = useRef(given);
  latest.current = given;
  const rest = useRef(0);
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const { slice, slices, onSlice, onZoom } = latest.current;
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 30 : event.deltaY;
      const rect = element.getBoundingClientRect();
      if (event.ctrlKey || slices === 1) return onZoom(Math.exp(-pixels * 0.002), { x: event.clientX - rect.left, y: event.clientY - rect.top });
      rest.current += pixels;
      const steps = Math.trunc(rest.current / 40);
      if (steps === 0) return undefined;
      rest.current -= steps * 40;
      return onSlice(Math.min(slices - 1, Math.max(0, slice + steps)));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [box]);
}

type GestureProps = PaneProps & {
  view: PaneView | undefined;
  extent: Extent | undefined;
  setView(change: (now: PaneView | undefined) => PaneView | undefined): void;
  setDraft(draft: Measurement | undefined): void;
};

/** What dragging does: by the tool with the left button, moving with any other. */
function useGesture({ tool, view, extent, window: shown, slice, setView, setDraft, onWindow, onMeasure }: GestureProps) {
  const drag = useRef<{ tool: Tool; x: number; y: number; window: Window; line: Measurement | undefined; at: { x: number; y: number } } | undefined>(undefined);
  const local = (event: PointerEvent<HTMLElement>) => {
    const rect = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - rect.left, y: event.clientY - rect.top };
  };
  return {
    onPointerDown(event: PointerEvent<HTMLElement>) {
      if (!view || !extent) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      const at = local(event);
      const point = toPicture(view, extent, at);
      const line = { slice, from: point, to: point };
      drag.current = { tool: event.button === 0 ? tool : 'pan', x: event.clientX, y: event.clientY, window: shown, line: undefined, at };
      if (event.button === 0 && tool === 'measure') setDraft((drag.current.line = line));
    },
    onPointerMove(event: PointerEvent<HTMLElement>) {
      const now = drag.current;
      if (!now || !view || !extent) return;
      const [dx, dy] = [event.clientX - now.x, event.clientY - now.y];
      if (now.tool === 'window') {
        // A drag over 500 pixels changes the window by four times its width, at least by what can be seen.
        const step = Math.max(now.window.width / 125, 0.02);
        return onWindow({ center: now.window.center + dy * step, width: Math.max(step / 10, now.window.width + dx * step) });
      }
      if (now.tool === 'measure' && now.line) return setDraft((now.line = { ...now.line, to: toPicture(view, extent, local(event)) }));
      [now.x, now.y] = [event.clientX, event.clientY];
      if (now.tool === 'zoom') return setView((one) => one && zoomAt(one, Math.exp(-dy * 0.008), now.at));
      return setView((one) => one && { ...one, x: one.x + dx, y: one.y + dy });
    },
    onPointerUp() {
      const line = drag.current?.line;
      drag.current = undefined;
      setDraft(undefined);
      if (line && Math.hypot(line.to.x - line.from.x, line.to.y - line.from.y) > 0.5) onMeasure(line);
    },
    onPointerCancel() {
      drag.current = undefined;
      setDraft(undefined);
    },
  };
}
