import type { Editor } from '../editor/editor.ts';
import type { PictureWindow } from '../editor/picture.ts';
import type { Gesture, PointerAt, Tool } from './gesture.ts';
import { editorTexts as t } from '../texts.ts';

/** A drag over so many CSS pixels changes a window by its own width. */
const dragPx = 125;
/** Real values: no window is changed by less for each pixel of a drag. */
const leastStep = 0.02;

/** Dragging across changes how many values a scan shows, up and down which ones. */
export class WindowGesture implements Gesture {
  private readonly editor: Editor;
  private readonly from: PointerAt;
  private readonly start: PictureWindow;

  constructor(editor: Editor, from: PointerAt, start: PictureWindow) {
    this.editor = editor;
    this.from = from;
    this.start = start;
  }

  move(at: PointerAt): void {
    const { center, width } = this.start;
    const step = Math.max(width / dragPx, leastStep);
    const [dx, dy] = [at.screen[0] - this.from.screen[0], at.screen[1] - this.from.screen[1]];
    this.editor.set({ window: { center: center + dy * step, width: Math.max(step / 10, width + dx * step) } });
  }

  cancel(): void {
    this.editor.set({ window: this.start });
  }
}

/** The gesture, where there is a window to change. */
export function windowGesture(editor: Editor, at: PointerAt): Gesture | undefined {
  const window = editor.settings.window ?? editor.picture.window;
  return window && new WindowGesture(editor, at, window);
}

export function windowTool(editor: Editor): Tool {
  return {
    id: 'window',
    title: t.tools.window,
    cursor: () => 'move',
    press: (at) => windowGesture(editor, at),
  };
}
