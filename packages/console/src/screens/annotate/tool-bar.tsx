import type { ActionTable, Editor, ToolId } from '@fovea/editor';
import { annotateTexts as t } from '../../texts-annotate.ts';
import classes from './annotate.module.css';
import { useEditorEvents } from './hooks.ts';
import { toolIcons } from './icons.ts';
import { writtenKeys } from './keys.ts';
import { usableTools } from './session/recipe-labels.ts';

/** Tools that belong together stand together. */
const groups: readonly (readonly ToolId[])[] = [
  ['select', 'pan', 'window'],
  ['box', 'rotated_box', 'polygon', 'polyline', 'point', 'ellipse', 'cuboid', 'keypoints'],
  ['brush', 'threshold_brush', 'eraser', 'fill'],
  ['cut', 'hole'],
  ['smart_box', 'wand', 'live_wire', 'superpixels', 'ask_model'],
];

/** The tools that the recipe has use for, with their keys. */
export function ToolBar({ editor, table, focusCanvas }: { editor: Editor; table: ActionTable; focusCanvas: () => void }) {
  useEditorEvents(editor, 'tool', 'labels', 'picture');
  const usable = new Set(usableTools(editor.tools.all.map(({ id }) => id), editor.labels.list));
  if (!editor.picture.scan) usable.delete('window');
  if (!editor.modelAsker) usable.delete('ask_model');
  const titles = new Map(editor.tools.all.map(({ id, title }) => [id, title]));
  return (
    <div className={classes['tools']} role="toolbar" aria-label={t.tools} aria-orientation="vertical">
      {groups.map((group) => {
        const shown = group.filter((id) => usable.has(id));
        if (shown.length === 0) return null;
        return (
          <div key={group[0]} className={classes['toolGroup']}>
            {shown.map((id) => {
              const Icon = toolIcons[id];
              const [keys] = table.shortcutsOf(`tool.${id}`);
              const title = titles.get(id) ?? id;
              return (
                <button
                  key={id}
                  type="button"
                  className={classes['tool']}
                  // The browser's own hint: a page of buttons with others would take longer to appear than a task with its picture.
                  title={keys === undefined ? title : `${title} (${writtenKeys(keys)})`}
                  aria-label={title}
                  aria-pressed={editor.tools.current === id}
                  onClick={() => {
                    editor.tools.use(id);
                    focusCanvas();
                  }}
                >
                  <Icon size={18} aria-hidden />
                </button>
              );
            })}
          </div>
        );
      })}
    </div>
  );
}
