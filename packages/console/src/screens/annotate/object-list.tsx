import { acceptProposals, goToRecord, rejectProposals, setHidden, setLocked, type Editor, type EditorRecord } from '@fovea/editor';
import { IconCheck, IconEye, IconEyeOff, IconLock, IconLockOpen, IconMessageCircle, IconX, type Icon } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type MouseEvent } from 'react';
import { annotateTexts as t } from '../../texts-annotate.ts';
import classes from './annotate.module.css';
import { useEditorEvents } from './hooks.ts';
import { typeIcons } from './icons.ts';
import { titleOf } from './label-panel.tsx';
import type { Labeling } from './session/recipe-labels.ts';

const rowPx = 30;

export interface ObjectListProps {
  editor: Editor;
  labeling: Labeling;
  /** Ids of annotations that comments are pinned to. */
  commented: ReadonlySet<string>;
}

/** Every object of the item, the top one first: choose, hide, lock, accept. */
export function ObjectList({ editor, labeling, commented }: ObjectListProps) {
  useEditorEvents(editor, 'document', 'selection', 'frame', 'labels');
  const records = editor.document.ordered().toReversed();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: records.length, getScrollElement: () => scroller.current, estimateSize: () => rowPx, overscan: 10 });
  const chosen = editor.selection.single?.id;
  useEffect(() => {
    const index = records.findIndex(({ id }) => id === chosen);
    if (index >= 0) rows.scrollToIndex(index, { align: 'auto' });
  }, [chosen]);
  return (
    <section className={classes['objects']} aria-label={t.objects.title}>
      <h2 className={classes['heading']}>
        {t.objects.title}
        <span className={classes['count']}>{records.length.toLocaleString('en')}</span>
      </h2>
      {records.length === 0 && <p className={classes['hint']}>{t.objects.empty}</p>}
      <div ref={scroller} className={classes['objectScroll']} tabIndex={records.length > 0 ? 0 : -1} role="group" aria-label={t.objects.title}>
        <ul style={{ height: rows.getTotalSize() }} className={classes['rows']}>
          {rows.getVirtualItems().map(({ index, start }) => {
            const record = records[index];
            return record && <Row key={record.id} editor={editor} title={titleOf(labeling, record.label)} record={record} top={start} hasComment={commented.has(record.id)} />;
          })}
        </ul>
      </div>
    </section>
  );
}

function Row({ editor, record, title, top, hasComment }: { editor: Editor; record: EditorRecord; title: string; top: number; hasComment: boolean }) {
  const TypeIcon = typeIcons[record.type];
  const isShown = editor.scene.get(record.id) !== undefined;
  const choose = (event: MouseEvent) => {
    if (event.shiftKey || event.ctrlKey || event.metaKey) editor.selection.toggle([record.id]);
    else editor.selection.set([record.id]);
    if (!isShown && !record.hidden) goToRecord(editor, record.id);
  };
  const name = `${title}, ${t.types[record.type]}`;
  return (
    <li className={classes['row']} style={{ transform: `translateY(${top}px)` }} data-selected={editor.selection.has(record.id)} data-absent={!isShown} data-status={record.status}>
      <button type="button" className={classes['rowMain']} aria-pressed={editor.selection.has(record.id)} onClick={choose} onDoubleClick={() => editor.zoomToRecords([record.id])}>
        <span className={classes['swatch']} style={{ background: editor.labels.color(record.label) }} aria-hidden />
        <TypeIcon size={14} aria-label={t.types[record.type]} />
        <span className={classes['rowName']}>{title}</span>
        {editor.isStack && record.frame !== null && <span className={classes['frames']}>{record.frame + 1}</span>}
        {record.keyframes && <span className={classes['frames']}>{`${record.frame ?? 0}–${record.endFrame ?? ''}`}</span>}
        {record.status !== null && <span className={classes['status']}>{t.statuses[record.status]}</span>}
        {record.confidence !== null && <span className={classes['count']}>{record.confidence.toFixed(2)}</span>}
      </button>
      {hasComment && <IconMessageCircle size={14} className={classes['mark']} aria-label={t.comments.pinned} />}
      {record.proposal && <Act icon={IconCheck} label={t.objects.accept(name)} run={() => acceptProposals(editor, [record])} isOn />}
      {record.proposal && <Act icon={IconX} label={t.objects.reject(name)} run={() => rejectProposals(editor, [record])} isOn />}
      <Act icon={record.locked ? IconLock : IconLockOpen} label={record.locked ? t.objects.unlock(name) : t.objects.lock(name)} isOn={record.locked} run={() => setLocked(editor, [record], !record.locked)} />
      <Act icon={record.hidden ? IconEyeOff : IconEye} label={record.hidden ? t.objects.show(name) : t.objects.hide(name)} isOn={record.hidden} run={() => setHidden(editor, [record], !record.hidden)} />
    </li>
  );
}

function Act({ icon: Shown, label, run, isOn }: { icon: Icon; label: string; run: () => void; isOn: boolean }) {
  return (
    <button type="button" className={classes['act']} aria-label={label} title={label} data-on={isOn} onClick={run}>
      <Shown size={14} aria-hidden />
    </button>
  );
}
