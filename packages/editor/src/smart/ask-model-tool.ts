import type { Editor } from '../editor/editor.ts';
import type { Tool } from '../tools/gesture.ts';
import { editorTexts as t } from '../texts.ts';

/** A click asks a model what lies there; the page runs it and shows its answer as a proposal. */
export function askModelTool(editor: Editor): Tool {
  return {
    id: 'ask_model',
    title: t.tools.ask_model,
    cursor: () => 'crosshair',
    press(at) {
      if (at.button !== 0) return undefined;
      const [x, y] = at.image;
      const { width, height } = editor.picture;
      if (!editor.modelAsker) editor.notify(t.notices.noModel);
      else if (x >= 0 && y >= 0 && x < width && y < height) editor.modelAsker([x, y]);
      return undefined;
    },
  };
}
