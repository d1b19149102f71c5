import type { Xy } from '@fovea/contract';
import { distance } from '@fovea/geometry';
import type { Editor } from '../editor/editor.ts';
import type { PointerInput } from '../editor/input.ts';
import { midpoint } from '../math/vector.ts';

/** Two fingers move and zoom the picture, whatever tool is in hand. */
export class Pinch {
  private readonly editor: Editor;
  private readonly fingers = new Map<number, Xy>();
  private isOn = false;

  constructor(editor: Editor) {
    this.editor = editor;
  }

  /** Returns whether the input was part of a pinch; `begins` is called when the second finger comes down. */
  handle(input: PointerInput, begins: () => void): boolean {
    if (input.device !== 'touch') return false;
    const id = input.id ?? 0;
    const wasOn = this.isOn;
    if (input.phase === 'down') this.fingers.set(id, [input.x, input.y]);
    else if (input.phase === 'move') this.move(id, [input.x, input.y]);
    else this.fingers.delete(id);
    if (this.fingers.size === 2 && !wasOn) {
      this.isOn = true;
      begins();
    }
    // The finger that stays after a pinch draws nothing until it is lifted.
    if (this.fingers.size === 0) this.isOn = false;
    return this.isOn || wasOn;
  }

  private move(id: number, to: Xy): void {
    const from = this.fingers.get(id);
    if (!from) return;
    const other = [...this.fingers].find(([finger]) => finger !== id)?.[1];
    this.fingers.set(id, to);
    if (!this.isOn || !other) return;
    const [before, after] = [midpoint(from, other), midpoint(to, other)];
    this.editor.camera.panBy(after[0] - before[0], after[1] - before[1]);
    this.editor.camera.zoomBy(distance(to, other) / Math.max(1, distance(from, other)), after);
  }
}
