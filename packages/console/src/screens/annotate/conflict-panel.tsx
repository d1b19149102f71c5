import type { Editor } from '@fovea/editor';
import { Button } from '@mantine/core';
import { annotateTexts as t } from '../../texts-annotate.ts';
import classes from './annotate.module.css';
import { useStore } from './hooks.ts';
import type { Workbench } from './session/workbench.ts';

/** Objects that two people changed in ways that do not go together: each is chosen by itself. */
export function ConflictPanel({ bench }: { bench: Workbench }) {
  const conflicts = useStore(bench.conflicts);
  if (conflicts.length === 0) return null;
  return (
    <section className={classes['conflicts']} aria-label={t.conflicts.title} role="alert">
      <h2 className={classes['heading']}>{t.conflicts.title}</h2>
      {conflicts.map(({ annotationId, mine, theirs, by, fields }) => (
        <div key={annotationId} className={classes['conflict']}>
          <p>{theirs ? t.conflicts.changed(mine?.label ?? theirs.label, by ?? t.conflicts.somebody, fields.join(', ')) : t.conflicts.deleted(mine?.label ?? '', by ?? t.conflicts.somebody)}</p>
          <div className={classes['choices']}>
            <Button size="compact-xs" onClick={() => choose(bench.editor, annotationId, 'mine')}>
              {t.conflicts.mine}
            </Button>
            <Button size="compact-xs" variant="default" onClick={() => choose(bench.editor, annotationId, 'theirs')}>
              {t.conflicts.theirs}
            </Button>
            <Button size="compact-xs" variant="subtle" onClick={() => editorShow(bench.editor, annotationId)}>
              {t.conflicts.show}
            </Button>
          </div>
        </div>
      ))}
    </section>
  );
}

function choose(editor: Editor, id: string, winner: 'mine' | 'theirs'): void {
  editor.document.resolve(id, winner);
}

function editorShow(editor: Editor, id: string): void {
  editor.selection.set([id]);
  editor.zoomToRecords([id]);
}
