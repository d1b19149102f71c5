import { fillPlaneGap, paintOnPlane, type Editor, type PlaneStroke, type StackPlane } from '@fovea/editor';
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type PointerEvent, type RefObject } from 'react';
import type { Plane } from '../../item/scan/planes.ts';
import { scanTexts } from '../../../texts-scan.ts';
import { annotateTexts as t } from '../../../texts-annotate.ts';
import { explain } from '../../../api/errors.ts';
import { useEditorEvents, useStore } from '../hooks.ts';
import { flippedAffine, flipsOf } from '../session/upright.ts';
import type { Workbench } from '../session/workbench.ts';
import { affineOf, axesOf, paintedRecords, PlaneData, planesAcross, type Cross } from './plane-data.ts';
import type { ScanPicture } from './scan-picture.ts';
import classes from './scan.module.css';

/** The other two planes of a volume, with what is painted: a click leads there. */
export function PlanePanel({ bench, scan }: { bench: Workbench; scan: ScanPicture }) {
  const { editor } = bench;
  const { width, height, frames = 1 } = editor.picture;
  const [cross, setCross] = useState<Cross>([Math.floor(width / 2), Math.floor(height / 2), editor.frame]);
  const [fault, setFault] = useState<string>();
  const data = useMemo(() => new PlaneData(scan.frames, [width, height, frames]), [scan, width, height, frames]);
  useEffect(() => {
    data.load(editor.frame).catch((error: unknown) => setFault(explain(error)));
    return () => data.end();
  }, [data]);
  useEffect(() => followShift(editor, (x, y) => setCross((now) => [clamped(x, width), clamped(y, height), now[2]])), [editor]);
  const loaded = useStore(data.loaded);
  useStore(scan.shown);
  const planes = useMemo(() => planesAcross([width, height, frames], flippedAffine(affineOf(bench.item, scan.stack, scan.frame), flipsOf(bench.item))), [bench, scan, scan.frame !== undefined]);
  const go = (next: Cross) => {
    setCross(next);
    editor.setFrame(next[2]);
  };
  return (
    <aside className={classes['planes']} aria-label={scanTexts.planes}>
      {planes.map((plane) => (
        <PlaneView key={plane.name} editor={editor} data={data} loaded={loaded} scan={scan} plane={plane} cross={cross} onCross={go} />
      ))}
      {fault !== undefined && <p role="alert">{fault}</p>}
      {loaded < frames && fault === undefined && <progress className={classes['progress']} aria-label={scanTexts.loading} value={loaded} max={frames} />}
      <p className={classes['hint']}>{t.scan.planesHint}</p>
    </aside>
  );
}

interface PlaneViewProps {
  editor: Editor;
  data: PlaneData;
  loaded: number;
  scan: ScanPicture;
  plane: Plane;
  cross: Cross;
  onCross: (cross: Cross) => void;
}

function PlaneView({ editor, data, loaded, scan, plane, cross, onCross }: PlaneViewProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const size = useFitted(box, plane);
  const version = useEditorEvents(editor, 'document', 'settings', 'frame', 'labels');
  useStore(scan.painted);
  const at = cross[plane.through];
  const window = scan.window;
  const picture = useMemo(() => window && drawn(plane, (pixels) => data.paint(plane, at, window, pixels)), [data, plane, at, loaded, window?.center, window?.width]);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !picture) return;
    context.drawImage(picture, 0, 0);
    context.drawImage(drawn(plane, (pixels) => paintLabels(editor, data, plane, at, pixels)), 0, 0);
  }, [picture, version, at]);
  const brush = usePlaneBrush({ editor, data, plane, at });
  const pick = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.type === 'pointerdown') event.currentTarget.setPointerCapture(event.pointerId);
    if (brush.take(event)) return;
    if (event.type !== 'pointerdown' && event.buttons === 0) return;
    const [column, row] = placeOn(event, plane);
    const [x, y] = [clamped(column, plane.width), clamped(row, plane.height)];
    const next: [number, number, number] = [...cross];
    const [across, down] = axesOf(plane);
    next[across] = plane.flipX ? plane.width - 1 - x : x;
    next[down] = plane.flipY ? plane.height - 1 - y : y;
    onCross(next);
  };
  const name = scanTexts.planeNames[plane.name];
  const move = (value: number) => {
    const next: [number, number, number] = [...cross];
    next[plane.through] = value;
    onCross(next);
  };
  return (
    <figure className={classes['plane']}>
      <figcaption>
        {name}
        <input type="range" min={0} max={plane.slices - 1} value={at} aria-label={`${name}: ${scanTexts.slice}`} onChange={(event) => move(Number(event.currentTarget.value))} />
      </figcaption>
      <div className={classes['planeBox']} ref={box}>
        <div className={classes['planeFit']} style={size}>
          <canvas ref={canvas} width={plane.width} height={plane.height} role="img" aria-label={name} data-plane={plane.name} data-drawn={picture && loaded > 0 ? 'yes' : 'no'} onPointerDown={pick} onPointerMove={pick} onPointerUp={brush.take} onPointerCancel={brush.take} onPointerLeave={brush.leave} />
          <span ref={brush.ring} className={classes['ring']} hidden aria-hidden />
          <CrossLines plane={plane} cross={[cross[0], cross[1], editor.frame]} />
        </div>
      </div>
    </figure>
  );
}

/** Where a pointer is on a plane, in its pixels. */
function placeOn({ clientX, clientY, currentTarget }: PointerEvent<HTMLCanvasElement>, { width, height }: Plane): [number, number] {
  const box = currentTarget.getBoundingClientRect();
  return [((clientX - box.left) / box.width) * width, ((clientY - box.top) / box.height) * height];
}

/** The tools that paint, on a plane as on a slice: a stroke goes through the slices. */
function usePlaneBrush({ editor, data, plane, at }: { editor: Editor; data: PlaneData; plane: Plane; at: number }) {
  const stroke = useRef<PlaneStroke>(undefined);
  const ring = useRef<HTMLSpanElement>(null);
  useEffect(() => () => stroke.current?.cancel(), [editor]);
  const across: StackPlane = { through: plane.through === 0 ? 0 : 1, at, width: plane.width, height: plane.height, flipX: plane.flipX, flipY: plane.flipY, rowHeight: plane.spacing[1] / plane.spacing[0] };
  const begin = (event: PointerEvent<HTMLCanvasElement>, place: [number, number]) => {
    const tool = editor.tools.current;
    if (tool === 'fill') fillPlaneGap(editor, across, place);
    else {
      const { thresholdLow, thresholdHigh } = editor.settings;
      const isWithin = (frame: number, x: number, y: number) => {
        const value = data.valueAt(frame, x, y);
        return value !== undefined && value >= thresholdLow && value <= thresholdHigh;
      };
      stroke.current = paintOnPlane(editor, across, place, { isErasing: tool === 'eraser' || event.altKey, ...(tool === 'threshold_brush' && { isMeant: isWithin }) });
    }
  };
  /** Whether the pointer paints; if not, it is somebody else's. */
  const take = (event: PointerEvent<HTMLCanvasElement>): boolean => {
    const isPainting = paintTools.has(editor.tools.current);
    showRing(ring.current, isPainting && editor.tools.current !== 'fill' ? placeOn(event, plane) : undefined, across, editor.settings);
    if (!isPainting && !stroke.current) return false;
    const place = placeOn(event, plane);
    if (event.type === 'pointerdown' && event.button === 0) begin(event, place);
    else if (event.type === 'pointermove') stroke.current?.move(place);
    else if (event.type === 'pointerup' || event.type === 'pointercancel') {
      if (event.type === 'pointercancel') stroke.current?.cancel();
      else {
        // Where it was let go counts, also when the moves before were not told.
        stroke.current?.move(place);
        stroke.current?.end();
      }
      stroke.current = undefined;
    }
    return true;
  };
  return { take, leave: () => showRing(ring.current, undefined, across, editor.settings), ring };
}

const paintTools: ReadonlySet<string> = new Set(['brush', 'threshold_brush', 'eraser', 'fill']);

/** The outline of the brush around a place. Without React: it follows every move of the pointer. */
function showRing(ring: HTMLSpanElement | null, place: readonly [number, number] | undefined, { width, height, rowHeight }: StackPlane, { brushSize, brushShape }: Editor['settings']): void {
  if (!ring) return;
  ring.hidden = place === undefined;
  if (!place) return;
  const [wide, high] = [(brushSize / width) * 100, (brushSize / rowHeight / height) * 100];
  Object.assign(ring.style, { left: `${(place[0] / width) * 100 - wide / 2}%`, top: `${(place[1] / height) * 100 - high / 2}%`, width: `${wide}%`, height: `${high}%`, borderRadius: brushShape === 'circle' ? '50%' : '0' });
}

/** As large as the room allows, in the shape that its pixels have in the patient; CSS pixels. */
function useFitted(box: RefObject<HTMLDivElement | null>, { width, height, spacing }: Plane): { width: number; height: number } {
  const [room, setRoom] = useState({ width: 1, height: 1 });
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const read = () => setRoom({ width: element.clientWidth, height: element.clientHeight });
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const [across, down] = [width * spacing[0], height * spacing[1]];
  const scale = Math.min(room.width / across, room.height / down);
  return { width: across * scale, height: down * scale };
}

function drawn({ width, height }: Plane, write: (pixels: Uint8ClampedArray) => void): OffscreenCanvas {
  const surface = new OffscreenCanvas(width, height);
  const image = new ImageData(width, height);
  write(image.data);
  surface.getContext('2d')?.putImageData(image, 0, 0);
  return surface;
}

function paintLabels(editor: Editor, data: PlaneData, plane: Plane, at: number, into: Uint8ClampedArray): void {
  for (const { color, opacity, maskAt } of paintedRecords(editor)) {
    const rgb = [1, 3, 5].map((start) => Number.parseInt(color.slice(start, start + 2), 16));
    const shade = [...rgb, Math.round(255 * opacity)];
    data.eachPainted(plane, at, maskAt, (pixel) => into.set(shade, pixel * 4));
  }
}

/** Where the stack stands, and where the other plane does. */
function CrossLines({ plane, cross }: { plane: Plane; cross: Cross }) {
  const [across, down] = axesOf(plane);
  const x = plane.flipX ? plane.width - 1 - cross[across] : cross[across];
  const y = plane.flipY ? plane.height - 1 - cross[down] : cross[down];
  return (
    <>
      <span className={classes['across']} style={{ top: `${((y + 0.5) / plane.height) * 100}%` }} aria-hidden />
      <span className={classes['down']} style={{ left: `${((x + 0.5) / plane.width) * 100}%` }} aria-hidden />
    </>
  );
}

const clamped = (value: number, size: number) => Math.min(size - 1, Math.max(0, Math.floor(value)));

/** With Shift held, the planes follow the pointer over the slice. */
function followShift(editor: Editor, onPlace: (x: number, y: number) => void): () => void {
  return editor.events.on('overlay', () => {
    const at = editor.tools.pointerAt;
    if (at?.shift && !editor.tools.isBusy) onPlace(at.image[0], at.image[1]);
  });
}
