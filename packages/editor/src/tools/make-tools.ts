import type { Editor } from '../editor/editor.ts';
import { drawTools } from './draw-tools.ts';
import { maskTools } from './mask-tools.ts';
import { askModelTool } from '../smart/ask-model-tool.ts';
import { liveWireTool } from '../smart/live-wire-tool.ts';
import { smartBoxTool } from '../smart/smart-box-tool.ts';
import { SuperpixelTool } from '../smart/superpixel-tool.ts';
import { wandTool } from '../smart/wand-tool.ts';
import type { Tool } from './gesture.ts';
import { panTool } from './pan-gesture.ts';
import { SelectTool } from './select-tool.ts';
import { windowTool } from './window-tool.ts';

/** Every tool, the one to begin with first. */
export function makeTools(editor: Editor): [Tool, ...Tool[]] {
  return [
    new SelectTool(editor),
    panTool(editor),
    windowTool(editor),
    ...drawTools(editor),
    ...maskTools(editor),
    liveWireTool(editor),
    wandTool(editor),
    smartBoxTool(editor),
    new SuperpixelTool(editor),
    askModelTool(editor),
  ];
}
