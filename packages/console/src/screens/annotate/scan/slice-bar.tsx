import { paintedFrames, type ActionTable, type Editor } from '@fovea/editor';
import { NativeSelect } from '@mantine/core';
import { IconChevronDown, IconChevronUp, IconLayersIntersect2, IconLayoutColumns, IconStackPush } from '@tabler/icons-react';
import { annotateTexts as t } from '../../../texts-annotate.ts';
import { scanTexts } from '../../../texts-scan.ts';
import page from '../annotate.module.css';
import { useEditorEvents, useStore } from '../hooks.ts';
import { writtenKeys } from '../keys.ts';
import { presetNames, setPreset, type PresetName } from './presets.ts';
import type { ScanPicture } from './scan-picture.ts';
import classes from './scan.module.css';

export interface SliceBarProps {
  editor: Editor;
  scan: ScanPicture;
  table: ActionTable;
  run: (id: string) => void;
  isHounsfield: boolean;
  /** Undefined where there are no other planes to show. */
  planes: { readonly isOpen: boolean; readonly toggle: () => void } | undefined;
  /** The frames that may be changed, where others are shown beside them. */
  ownFrames: readonly number[] | undefined;
}

/** Which slice is shown, through which window, and what can be done from slice to slice. */
export function SliceBar({ editor, scan, table, run, isHounsfield, planes, ownFrames }: SliceBarProps) {
  useEditorEvents(editor, 'frame', 'settings', 'picture');
  const shown = useStore(scan.shown);
  useStore(scan.painted);
  const { frames = 1 } = editor.picture;
  const { window } = scan;
  const act = (id: string, Icon: typeof IconChevronUp) => {
    const action = table.get(id);
    if (!action) return null;
    const [keys] = table.shortcutsOf(id);
    return (
      <button key={id} type="button" className={page['tool']} aria-label={action.title} title={keys === undefined ? action.title : `${action.title} (${writtenKeys(keys)})`} onClick={() => run(id)}>
        <Icon size={17} aria-hidden />
      </button>
    );
  };
  return (
    <div className={classes['bar']} role="group" aria-label={t.scan.bar}>
      {frames > 1 && (
        <>
          {act('scan.previous', IconChevronUp)}
          {act('scan.next', IconChevronDown)}
          <div className={classes['track']}>
            <PaintedMarks editor={editor} frames={frames} />
            <input className={classes['slider']} type="range" min={0} max={frames - 1} value={editor.frame} aria-label={scanTexts.slice} onChange={(event) => editor.setFrame(Number(event.currentTarget.value))} />
          </div>
          <output className={classes['place']} data-testid="slice" data-shown={shown === editor.frame ? 'yes' : 'no'}>
            {scanTexts.sliceOf(editor.frame + 1, frames)}
            {shown !== editor.frame && ' …'}
          </output>
          {act('scan.fillBetween', IconLayersIntersect2)}
          {act('scan.copyBefore', IconStackPush)}
        </>
      )}
      <ToTask editor={editor} ownFrames={ownFrames} />
      <span className={classes['space']} />
      {window && (
        <>
          <output className={classes['window']} data-testid="window">
            {scanTexts.windowIs(Math.round(window.center * 10) / 10, Math.round(window.width * 10) / 10)}
          </output>
          <NativeSelect
            size="xs"
            aria-label={scanTexts.preset}
            value=""
            data={[{ value: '', label: scanTexts.preset, disabled: true }, ...presetNames(isHounsfield).map((name) => ({ value: name, label: scanTexts.presets[name] }))]}
            onChange={(event) => setPreset(editor, scan, event.currentTarget.value as PresetName)}
          />
        </>
      )}
      {planes && (
        <button type="button" className={page['tool']} aria-label={scanTexts.planes} title={scanTexts.planes} aria-pressed={planes.isOpen} onClick={planes.toggle}>
          <IconLayoutColumns size={17} aria-hidden />
        </button>
      )}
    </div>
  );
}

/** On slices that a task is not about: says so, and leads back. */
function ToTask({ editor, ownFrames }: Pick<SliceBarProps, 'editor' | 'ownFrames'>) {
  const own = ownFrames?.[0];
  if (own === undefined || ownFrames?.includes(editor.frame)) return null;
  return (
    <button type="button" className={classes['toTask']} onClick={() => editor.setFrame(own)}>
      {t.scan.toTask(own + 1)}
    </button>
  );
}

/** Above the slider: where the label in hand is painted. */
function PaintedMarks({ editor, frames }: { editor: Editor; frames: number }) {
  useEditorEvents(editor, 'document', 'labels', 'selection');
  const label = editor.selection.single?.label ?? editor.activeLabel;
  const color = editor.labels.color(label);
  return (
    <div className={classes['marks']} aria-hidden>
      {paintedFrames(editor, label).map((frame) => (
        <span key={frame} style={{ left: `${((frame + 0.5) / frames) * 100}%`, width: `max(2px, ${100 / frames}%)`, background: color }} />
      ))}
    </div>
  );
}
