import type { AnnotationGeometry } from '@fovea/contract';
import { newRecord, type Editor, type LabelClass } from '@fovea/editor';
import { Textarea } from '@mantine/core';
import { useEffect, useState } from 'react';
import { annotateTexts as t } from '../../texts-annotate.ts';
import classes from './annotate.module.css';
import { useEditorEvents } from './hooks.ts';
import { titleOf } from './label-panel.tsx';
import type { Labeling } from './session/recipe-labels.ts';

/** A field for each label that is a text of the whole item: a transcription, a caption. */
export function TextPanel({ editor, labeling }: { editor: Editor; labeling: Labeling }) {
  useEditorEvents(editor, 'document', 'labels', 'frame');
  const written = editor.labels.list.filter(({ types }) => types?.includes('text'));
  if (written.length === 0) return null;
  return (
    <section className={classes['section']} aria-label={t.textual.title}>
      <h2 className={classes['heading']}>{t.textual.title}</h2>
      {written.map((label) => (
        <TextField key={label.name} editor={editor} label={label} title={titleOf(labeling, label.name)} />
      ))}
    </section>
  );
}

function TextField({ editor, label, title }: { editor: Editor; label: LabelClass; title: string }) {
  const record = editor.document.ordered().find(({ type, label: name }) => type === 'text' && name === label.name);
  const shown = record?.geometry.type === 'text' ? record.geometry.text : '';
  const [typed, setTyped] = useState(shown);
  useEffect(() => setTyped(shown), [shown]);
  return (
    <Textarea
      label={title}
      size="xs"
      mb={8}
      autosize
      minRows={2}
      maxRows={10}
      value={typed}
      readOnly={editor.document.isReadOnly}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={() => typed !== shown && write(editor, { label: label.name, id: record?.id, text: typed })}
    />
  );
}

/** An empty field is no annotation. */
function write(editor: Editor, { label, id, text }: { label: string; id: string | undefined; text: string }): void {
  const geometry: AnnotationGeometry = { type: 'text', text };
  editor.document.edit('Write', () => {
    if (id === undefined) editor.document.create([{ ...newRecord(editor, geometry), label, frame: null, endFrame: null, keyframes: undefined }]);
    else if (text === '') editor.document.remove([id]);
    else editor.document.update([id], { geometry });
  });
}
