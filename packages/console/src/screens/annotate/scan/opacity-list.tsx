import type { Editor } from '@fovea/editor';
import { scanTexts } from '../../../texts-scan.ts';
import { annotateTexts as t } from '../../../texts-annotate.ts';
import page from '../annotate.module.css';
import { useEditorEvents } from '../hooks.ts';
import { titleOf } from '../label-panel.tsx';
import type { Labeling } from '../session/recipe-labels.ts';
import classes from './scan.module.css';

/** The labels that are painted, each with its own opacity. */
export function OpacityList({ editor, labeling }: { editor: Editor; labeling: Labeling }) {
  useEditorEvents(editor, 'document', 'settings', 'labels');
  const { settings } = editor;
  const painted = [...new Set(editor.document.ordered().flatMap(({ type, label }) => (type === 'mask' || type === 'volume' ? [label] : [])))].sort();
  if (painted.length === 0) return null;
  return (
    <section className={page['section']} aria-label={t.scan.opacity}>
      <h2 className={page['heading']}>{t.scan.opacity}</h2>
      {painted.map((label) => (
        <label key={label} className={classes['opacity']}>
          <span className={page['swatch']} style={{ background: editor.labels.color(label) }} aria-hidden />
          <span className={page['labelName']}>{titleOf(labeling, label)}</span>
          <input
            type="range"
            min={0}
            max={1}
            step={0.05}
            aria-label={scanTexts.opacity(titleOf(labeling, label))}
            value={settings.labelOpacity[label] ?? settings.maskOpacity}
            onChange={(event) => editor.set({ labelOpacity: { ...settings.labelOpacity, [label]: Number(event.currentTarget.value) } })}
          />
        </label>
      ))}
    </section>
  );
}
