import { classify, relabelSelected, type Editor, type LabelClass } from '@fovea/editor';
import { TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState, type KeyboardEvent } from 'react';
import { annotateTexts as t } from '../../texts-annotate.ts';
import classes from './annotate.module.css';
import { useEditorEvents } from './hooks.ts';
import { toolFor, type Labeling } from './session/recipe-labels.ts';

/** Labels beyond this number are narrowed by typing. */
const filterFrom = 10;

/** The labels with their digits: a click or a digit chooses the next shape's, and gives it to what is selected. */
export function LabelPanel({ editor, labeling, focusCanvas }: { editor: Editor; labeling: Labeling; focusCanvas: () => void }) {
  useEditorEvents(editor, 'labels', 'document', 'selection');
  const [filter, setFilter] = useState('');
  const { list } = editor.labels;
  const counts = countLabels(editor);
  const wanted = filter.trim().toLowerCase();
  const shown = list.map((label, index) => ({ label, index })).filter(({ label }) => titleOf(labeling, label.name).toLowerCase().includes(wanted));
  const isNew = labeling.allowNewLabels && wanted !== '' && !list.some(({ name }) => name.toLowerCase() === wanted);
  const add = () => {
    addLabel(editor, filter.trim());
    setFilter('');
    focusCanvas();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    const [first] = shown;
    if (isNew) add();
    else if (first) {
      takeLabel(editor, first.label);
      setFilter('');
      focusCanvas();
    }
  };
  return (
    <section className={classes['section']} aria-label={t.labels.title}>
      <h2 className={classes['heading']}>{t.labels.title}</h2>
      {(list.length >= filterFrom || labeling.allowNewLabels) && (
        <TextInput
          size="xs"
          mb={6}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          placeholder={labeling.allowNewLabels ? t.labels.filterOrAdd : t.labels.filter}
          aria-label={labeling.allowNewLabels ? t.labels.filterOrAdd : t.labels.filter}
        />
      )}
      <div role="group" aria-label={t.labels.title} className={classes['labels']}>
        {shown.map(({ label, index }) => (
          <button
            key={label.name}
            type="button"
            className={classes['label']}
            aria-pressed={editor.activeLabel === label.name}
            style={{ paddingLeft: 8 + 14 * depthOf(labeling, label.name) }}
            onClick={() => {
              takeLabel(editor, label);
              focusCanvas();
            }}
          >
            <span className={classes['swatch']} style={{ background: label.color }} aria-hidden />
            <span className={classes['labelName']}>{titleOf(labeling, label.name)}</span>
            {(counts.get(label.name) ?? 0) > 0 && <span className={classes['count']}>{counts.get(label.name)}</span>}
            {index < 9 && <kbd className={classes['digit']}>{index + 1}</kbd>}
          </button>
        ))}
        {isNew && (
          <button type="button" className={classes['label']} onClick={add}>
            <IconPlus size={14} aria-hidden />
            <span className={classes['labelName']}>{t.labels.add(filter.trim())}</span>
          </button>
        )}
      </div>
      {list.length === 0 && !isNew && <p className={classes['hint']}>{t.labels.empty}</p>}
    </section>
  );
}

/** Takes up a label with a tool that draws what it may be; one that is only said of the whole picture is said at once. */
export function takeLabel(editor: Editor, label: LabelClass): void {
  editor.setActiveLabel(label.name);
  if (editor.selection.size > 0) {
    relabelSelected(editor, label.name);
    return;
  }
  if (label.types?.length === 1 && label.types[0] === 'classification') {
    classify(editor, label.name);
    return;
  }
  editor.tools.use(toolFor(label, editor.tools.current, editor.tools.all.map(({ id }) => id)));
}

/** A label that the recipe does not list, where it allows that. */
function addLabel(editor: Editor, name: string): void {
  editor.setLabels([...editor.labels.list, { name, color: editor.labels.color(name) }]);
  editor.setActiveLabel(name);
  if (editor.selection.size > 0) relabelSelected(editor, name);
}

export function titleOf({ labels }: Labeling, name: string): string {
  return labels.find((label) => label.name === name)?.displayName ?? name;
}

/** How many labels lie above it; a circle of parents ends nothing. */
function depthOf({ labels }: Labeling, name: string): number {
  const seen = new Set<string>();
  let at = labels.find((label) => label.name === name);
  while (at?.parent !== undefined && !seen.has(at.name)) {
    seen.add(at.name);
    const parent: string = at.parent;
    at = labels.find((label) => label.name === parent);
  }
  return seen.size;
}

function countLabels(editor: Editor): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { label } of editor.document.ordered()) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}
