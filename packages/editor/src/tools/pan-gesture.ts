import type { Xy } from '@fovea/contract';
import type { Editor } from '../editor/editor.ts';
import { subtract } from '../math/vector.ts';
import type { Gesture, PointerAt, Tool } from './gesture.ts';
import { editorTexts as t } from '../texts.ts';

/** Moves the picture with the pointer. */
export class PanGesture implements Gesture {
  private readonly editor: Editor;
  private last: Xy;

  constructor(editor: Editor, at: PointerAt) {
    this.editor = editor;
    this.last = at.screen;
  }

  move(at: PointerAt): void {
    const [dx, dy] = subtract(at.screen, this.last);
    this.last = at.screen;
    this.editor.camera.panBy(dx, dy);
  }

  cancel(): void {
    // The view stays where it was moved to: there is nothing to take back.
  }
}

export function panTool(editor: Editor): Tool {
  return {
    id: 'pan',
    title: t.tools.pan,
    cursor: () => 'grab',
    press: (at) => new PanGesture(editor, at),
  };
}
