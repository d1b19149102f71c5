import type { Xy } from '@fovea/contract';
import { clamp } from '../math/vector.ts';
import type { Editor } from './editor.ts';
import type { KeyInput, PointerInput } from './input.ts';

/** CSS pixels for each press of an arrow key. */
const stepPx = 10;
const fineStepPx = 1;

const ways: Readonly<Record<string, Xy>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/**
 * A pointer for hands that use no mouse: arrow keys move it (Shift: finely), the space bar is its button, held for a
 * drag. While it is on, every tool can be used by keys alone.
 */
export class KeyboardPointer {
  private readonly editor: Editor;
  private place: Xy | undefined;
  private isPressed = false;

  constructor(editor: Editor) {
    this.editor = editor;
  }

  get isOn(): boolean {
    return this.place !== undefined;
  }

  /** Begins in the middle of the canvas, or where the pointer was. */
  toggle(): void {
    if (this.place) {
      // With the button still held, what it had begun is taken back: nobody will release it.
      this.send(this.isPressed ? 'cancel' : 'leave', {});
      this.isPressed = false;
      this.place = undefined;
      return;
    }
    const { width, height } = this.editor.camera.viewport;
    this.place = this.editor.tools.pointerAt?.screen ?? [width / 2, height / 2];
    this.send('move', {});
  }

  /** Returns whether the key was the pointer's. */
  handle(input: KeyInput): boolean {
    if (!this.place || input.mod) return false;
    if (input.code === 'Space') return this.button(input);
    const way = ways[input.key];
    if (!way) return false;
    if (input.phase === 'down') this.moveBy(way, input);
    return true;
  }

  private button(input: KeyInput): boolean {
    const isDown = input.phase === 'down';
    if (isDown !== this.isPressed) {
      this.isPressed = isDown;
      this.send(isDown ? 'down' : 'up', input);
    }
    return true;
  }

  private moveBy([dx, dy]: Xy, input: KeyInput): void {
    const { width, height } = this.editor.camera.viewport;
    const step = input.shift ? fineStepPx : stepPx;
    const [x, y] = this.place ?? [0, 0];
    this.place = [clamp(x + dx * step, 0, width), clamp(y + dy * step, 0, height)];
    this.send('move', { alt: input.alt });
  }

  private send(phase: PointerInput['phase'], held: { shift?: boolean; alt?: boolean }): void {
    const [x, y] = this.place ?? [0, 0];
    this.editor.dispatch({
      type: 'pointer',
      phase,
      x,
      y,
      button: 0,
      clicks: 1,
      pressure: 0.5,
      device: 'mouse',
      shift: held.shift ?? false,
      alt: held.alt ?? false,
      mod: false,
    });
  }
}
