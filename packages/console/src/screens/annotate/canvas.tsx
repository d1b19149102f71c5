import { pointerInput, Renderer, wheelInput, type Editor } from '@fovea/editor';
import { useMantineColorScheme } from '@mantine/core';
import { useEffect, useRef, type RefObject } from 'react';
import { annotateTexts as t } from '../../texts-annotate.ts';
import classes from './annotate.module.css';
import { useStore } from './hooks.ts';
import type { Backdrop } from './session/picture.ts';
import type { Store } from './session/store.ts';

export interface CanvasProps {
  editor: Editor;
  backdrop: Store<Backdrop | undefined>;
  canvasRef: RefObject<HTMLCanvasElement | null>;
  /** Told of the renderer, for whatever shows frames without React. */
  onRenderer?: (renderer: Renderer | undefined) => void;
  onAct: () => void;
}

/** The picture with its shapes: hands the browser's pointer to the editor and shows what the editor has. */
export function Canvas({ editor, backdrop: shown, canvasRef, onRenderer, onAct }: CanvasProps) {
  const backdrop = useStore(shown);
  const renderer = useRef<Renderer>(undefined);
  const { colorScheme } = useMantineColorScheme();
  useEffect(() => {
    const canvas = canvasRef.current;
    if (!canvas) return undefined;
    const made = new Renderer({ editor, canvas, background: stageColor(canvas) });
    renderer.current = made;
    onRenderer?.(made);
    const stopSizing = followSize(canvas, editor);
    const stopPointer = followPointer(canvas, editor, onAct);
    return () => {
      stopSizing();
      stopPointer();
      made.end();
      renderer.current = undefined;
      onRenderer?.(undefined);
    };
  }, [editor]);
  useEffect(() => {
    if (backdrop) renderer.current?.setPicture(backdrop.source, { isStill: backdrop.isStill });
  }, [backdrop, editor]);
  useEffect(() => {
    if (canvasRef.current) renderer.current?.setBackground(stageColor(canvasRef.current));
  }, [colorScheme]);
  return <canvas ref={canvasRef} className={classes['canvas']} role="application" aria-label={t.canvas} tabIndex={0} data-testid="canvas" />;
}

/** The renderer is told colours as they are, not by the names of tokens. */
function stageColor(canvas: HTMLCanvasElement): string {
  const { backgroundColor } = getComputedStyle(canvas);
  return backgroundColor === '' ? '#14181f' : backgroundColor;
}

function followSize(canvas: HTMLCanvasElement, editor: Editor): () => void {
  const read = () => {
    const { width, height } = canvas.getBoundingClientRect();
    if (width === 0 || height === 0) return;
    const wasWhole = showsWhole(editor);
    editor.camera.setViewport({ width, height, pixelRatio: window.devicePixelRatio });
    if (wasWhole) editor.camera.fit();
  };
  read();
  const observer = new ResizeObserver(read);
  observer.observe(canvas);
  return () => observer.disconnect();
}

/** Whether the whole picture is shown, as at first: then it stays so when the room for it changes. */
function showsWhole({ camera }: Editor): boolean {
  const before = camera.current;
  camera.fit();
  const isSame = (['zoom', 'offsetX', 'offsetY'] as const).every((name) => Math.abs(camera.current[name] - before[name]) < 1e-6);
  if (!isSame) camera.set(before);
  return isSame;
}

const doubleClickMs = 400;
const doubleClickPx = 5;

/** Pointer events say nothing of double clicks, so presses are counted here. */
function pressCounter(): (event: PointerEvent) => number {
  let last = { time: -Infinity, x: 0, y: 0, count: 0 };
  return (event) => {
    const isNear = Math.abs(event.clientX - last.x) < doubleClickPx && Math.abs(event.clientY - last.y) < doubleClickPx;
    const count = isNear && event.timeStamp - last.time < doubleClickMs ? last.count + 1 : 1;
    last = { time: event.timeStamp, x: event.clientX, y: event.clientY, count };
    return count;
  };
}

function followPointer(canvas: HTMLCanvasElement, editor: Editor, onAct: () => void): () => void {
  const countPress = pressCounter();
  let clicks = 1;
  const onPointer = (event: PointerEvent) => {
    if (event.type === 'pointerdown') {
      clicks = countPress(event);
      canvas.setPointerCapture(event.pointerId);
      canvas.focus({ preventScroll: true });
      onAct();
    }
    const { pointerId, clientX, clientY, button, pressure, pointerType, shiftKey, altKey, ctrlKey, metaKey, type } = event;
    const like = { type, pointerId, clientX, clientY, button, detail: clicks, pressure, pointerType, shiftKey, altKey, ctrlKey, metaKey };
    editor.dispatch(pointerInput(like, canvas.getBoundingClientRect()));
    canvas.style.cursor = editor.tools.cursor;
  };
  const onWheel = (event: WheelEvent) => {
    event.preventDefault();
    editor.dispatch(wheelInput(event, canvas.getBoundingClientRect()));
  };
  const onMenu = (event: Event) => event.preventDefault();
  const kinds = ['pointerdown', 'pointermove', 'pointerup', 'pointercancel', 'pointerleave'] as const;
  for (const kind of kinds) canvas.addEventListener(kind, onPointer);
  canvas.addEventListener('wheel', onWheel, { passive: false });
  canvas.addEventListener('contextmenu', onMenu);
  const stop = editor.events.on('overlay', () => (canvas.style.cursor = editor.tools.cursor));
  return () => {
    stop();
    for (const kind of kinds) canvas.removeEventListener(kind, onPointer);
    canvas.removeEventListener('wheel', onWheel);
    canvas.removeEventListener('contextmenu', onMenu);
  };
}
