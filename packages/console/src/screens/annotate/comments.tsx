import type { Task } from '@fovea/contract';
import type { Editor } from '@fovea/editor';
import { Button, Textarea } from '@mantine/core';
import { useState, type KeyboardEvent } from 'react';
import { annotateTexts as t } from '../../texts-annotate.ts';
import { Moment } from '../../ui/moment.tsx';
import classes from './annotate.module.css';
import { useEditorEvents } from './hooks.ts';

/** What reviewers wrote about a task. */
export interface Comment {
  readonly comment: string;
  readonly by: string;
  readonly at: string;
  readonly annotationId?: string;
}

export function commentsOf(task: Task | undefined): Comment[] {
  const isComment = (value: unknown): value is Comment => typeof (value as Comment | null)?.comment === 'string';
  return (task?.reviewComments ?? []).filter(isComment);
}

export interface CommentPanelProps {
  editor: Editor;
  comments: readonly Comment[];
  /** Undefined: this person may only read them. */
  onComment: ((comment: string, annotation?: string) => Promise<boolean>) | undefined;
}

/** The comments, each with the object that it is pinned to; a new one is pinned to the selection. */
export function CommentPanel({ editor, comments, onComment }: CommentPanelProps) {
  useEditorEvents(editor, 'selection', 'document');
  const [text, setText] = useState('');
  const { single } = editor.selection;
  if (comments.length === 0 && !onComment) return null;
  const send = () => {
    if (text.trim() === '') return;
    // What could not be sent stays in the field.
    void onComment?.(text.trim(), single?.id).then((isSent) => isSent && setText(''));
  };
  /** In a comment the keys that accept the work send the comment. */
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    send();
  };
  return (
    <section className={classes['section']} aria-label={t.comments.title}>
      <h2 className={classes['heading']}>{t.comments.title}</h2>
      {comments.map((comment) => (
        <Shown key={`${comment.at} ${comment.comment}`} editor={editor} comment={comment} />
      ))}
      {onComment && (
        <>
          <Textarea id="fovea-comment" size="xs" autosize minRows={1} maxRows={6} value={text} onChange={(event) => setText(event.currentTarget.value)} onKeyDown={onKeyDown} label={single ? t.comments.addTo(single.label) : t.comments.add} />
          <Button size="compact-xs" variant="default" mt={6} disabled={text.trim() === ''} onClick={send}>
            {t.comments.send}
          </Button>
        </>
      )}
    </section>
  );
}

function Shown({ editor, comment }: { editor: Editor; comment: Comment }) {
  const { annotationId } = comment;
  const record = annotationId === undefined ? undefined : editor.document.get(annotationId);
  const show = () => {
    if (!record) return;
    if (record.frame !== null) editor.setFrame(record.frame);
    editor.selection.set([record.id]);
    editor.zoomToRecords([record.id]);
  };
  return (
    <div className={classes['comment']}>
      <p>{comment.comment}</p>
      <div className={classes['commentFoot']}>
        {comment.by} · <Moment at={comment.at} />
        {record && (
          <button type="button" className={classes['link']} onClick={show}>
            {t.comments.show}: {record.label}
          </button>
        )}
        {annotationId !== undefined && !record && <span>({t.comments.gone})</span>}
      </div>
    </div>
  );
}
