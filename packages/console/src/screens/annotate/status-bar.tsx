import type { Editor } from '@fovea/editor';
import { VisuallyHidden } from '@mantine/core';
import { annotateTexts as t } from '../../texts-annotate.ts';
import classes from './annotate.module.css';
import { useEditorEvents } from './hooks.ts';
import scanClasses from './scan/scan.module.css';

/** Where the pointer is, how large the picture is shown, and what the tool in hand needs to know. */
export function StatusBar({ editor }: { editor: Editor }) {
  useEditorEvents(editor, 'overlay', 'camera', 'tool', 'selection', 'settings');
  const at = editor.tools.pointerAt?.image;
  const value = valueAt(editor);
  const { width, height } = editor.picture;
  const title = editor.tools.all.find(({ id }) => id === editor.tools.current)?.title;
  return (
    <footer className={classes['statusBar']}>
      <span className={classes['statusTool']}>{title}</span>
      <ToolOptions editor={editor} />
      <span className={classes['spacer']} />
      {value !== undefined && <span className={classes['numbers']}>{value}</span>}
      {at && <span className={classes['numbers']}>{`${at[0].toFixed(1)}, ${at[1].toFixed(1)}`}</span>}
      <span className={classes['numbers']}>{`${width} × ${height}`}</span>
      <span className={classes['numbers']}>{`${Math.round(editor.camera.zoom * 100)} %`}</span>
      <VisuallyHidden role="status">{selectionText(editor)}</VisuallyHidden>
    </footer>
  );
}

function selectionText(editor: Editor): string {
  const { single, size } = editor.selection;
  return single ? `${single.label}, ${t.types[single.type]}` : size > 0 ? t.attributes.several(size) : '';
}

function ToolOptions({ editor }: { editor: Editor }) {
  const { current } = editor.tools;
  const { brushSize, fillTolerance } = editor.settings;
  if (current === 'brush' || current === 'eraser' || current === 'threshold_brush') {
    return (
      <>
        <label className={classes['option']}>
          {t.brushSize}
          <input type="range" min={1} max={200} value={brushSize} onChange={(event) => editor.set({ brushSize: Number(event.currentTarget.value) })} />
          {brushSize} px
        </label>
        {current === 'threshold_brush' && <Threshold editor={editor} />}
      </>
    );
  }
  if (current === 'wand' || current === 'fill') {
    return (
      <label className={classes['option']}>
        {t.tolerance}
        <input type="range" min={0} max={128} value={fillTolerance} onChange={(event) => editor.set({ fillTolerance: Number(event.currentTarget.value) })} />
        {fillTolerance}
      </label>
    );
  }
  return null;
}

/** The values that the threshold brush paints. */
function Threshold({ editor }: { editor: Editor }) {
  const { thresholdLow, thresholdHigh } = editor.settings;
  return (
    <>
      <label className={classes['option']}>
        {t.scan.from}
        <input className={scanClasses['numbers']} type="number" value={thresholdLow} onChange={(event) => editor.set({ thresholdLow: event.currentTarget.valueAsNumber || 0 })} />
      </label>
      <label className={classes['option']}>
        {t.scan.to}
        <input className={scanClasses['numbers']} type="number" value={thresholdHigh} onChange={(event) => editor.set({ thresholdHigh: event.currentTarget.valueAsNumber || 0 })} />
      </label>
    </>
  );
}

/** The value under the pointer, where the picture has values. */
function valueAt(editor: Editor): string | undefined {
  const at = editor.tools.pointerAt?.image;
  const stored = at && editor.pixels?.values?.();
  if (!stored) return undefined;
  const [x, y] = [Math.floor(at[0]), Math.floor(at[1])];
  const { width, height } = editor.picture;
  if (x < 0 || y < 0 || x >= width || y >= height) return undefined;
  return t.scan.value(Number((stored.slope * (stored.data[y * width + x] ?? 0) + stored.intercept).toFixed(2)));
}
