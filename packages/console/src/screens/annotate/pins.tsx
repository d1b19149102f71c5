import type { Editor } from '@fovea/editor';
import { IconMessageCircleFilled } from '@tabler/icons-react';
import { annotateTexts as t } from '../../texts-annotate.ts';
import classes from './annotate.module.css';
import type { Comment } from './comments.tsx';
import { useEditorEvents } from './hooks.ts';

/** A mark on the picture at each object that comments are pinned to. */
export function Pins({ editor, comments }: { editor: Editor; comments: readonly Comment[] }) {
  useEditorEvents(editor, 'camera', 'document', 'frame', 'picture');
  const byObject = Map.groupBy(comments.filter(({ annotationId }) => annotationId !== undefined), ({ annotationId = '' }) => annotationId);
  return [...byObject].map(([id, pinned]) => {
    const entry = editor.scene.get(id);
    if (!entry) return null;
    const [left, top] = editor.camera.toScreen([entry.maxX, entry.minY]);
    const said = pinned.map(({ by, comment }) => `${by}: ${comment}`).join('\n');
    return (
      <button key={id} type="button" className={classes['pin']} style={{ left, top }} title={said} aria-label={`${t.comments.title}: ${said}`} onClick={() => editor.selection.set([id])}>
        <IconMessageCircleFilled size={18} aria-hidden />
      </button>
    );
  });
}
