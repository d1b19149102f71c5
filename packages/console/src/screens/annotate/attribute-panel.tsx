import type { Attributes, RecipeAttribute } from '@fovea/contract';
import { setAttributes, stateAt, type Editor, type EditorRecord } from '@fovea/editor';
import { Checkbox, NativeSelect, NumberInput, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { annotateTexts as t } from '../../texts-annotate.ts';
import classes from './annotate.module.css';
import { useEditorEvents } from './hooks.ts';
import { titleOf } from './label-panel.tsx';
import { attributesOf, type Labeling } from './session/recipe-labels.ts';

type Value = Attributes[string];

/** What is said of the selected shapes besides their label. */
export function AttributePanel({ editor, labeling }: { editor: Editor; labeling: Labeling }) {
  useEditorEvents(editor, 'selection', 'document', 'frame');
  const records = editor.selection.records();
  const [first] = records;
  if (!first) return null;
  const attributes = attributesOf(labeling, first.label).filter(({ key }) => records.every(({ label }) => attributesOf(labeling, label).some((other) => other.key === key)));
  return (
    <section className={classes['section']} aria-label={t.attributes.title}>
      <h2 className={classes['heading']}>{records.length === 1 ? titleOf(labeling, first.label) : t.attributes.several(records.length)}</h2>
      {attributes.map((attribute) => {
        const [value, ...others] = new Set(records.map((record) => JSON.stringify(valueOf(record, attribute.key, editor.frame))));
        return (
          <AttributeField
            key={`${[...editor.selection.ids].join()} ${attribute.key}`}
            attribute={attribute}
            value={others.length === 0 && value !== undefined ? (JSON.parse(value) as Value) : null}
            onChange={(next) => setAttributes(editor, { [attribute.key]: next }, attribute.perFrame)}
          />
        );
      })}
      <Facts editor={editor} records={records} />
    </section>
  );
}

function valueOf(record: EditorRecord, key: string, frame: number): Value {
  return (stateAt(record, frame)?.attributes ?? record.attributes)[key] ?? null;
}

function Facts({ editor, records }: { editor: Editor; records: readonly EditorRecord[] }) {
  const [only, ...others] = records;
  if (!only || others.length > 0) return null;
  const entry = editor.scene.get(only.id);
  const size = entry && entry.maxX > entry.minX ? `${Math.round(entry.maxX - entry.minX)} × ${Math.round(entry.maxY - entry.minY)} px` : undefined;
  const facts = [t.types[only.type], size, only.confidence === null ? undefined : t.attributes.confidence(only.confidence), only.source === 'human' ? undefined : t.sources[only.source]];
  return <p className={classes['hint']}>{facts.filter((fact) => fact !== undefined).join(' · ')}</p>;
}

function AttributeField({ attribute, value, onChange }: { attribute: RecipeAttribute; value: Value; onChange: (value: Value) => void }) {
  const { type, required, values = [], perFrame } = attribute;
  const label = `${attribute.title ?? attribute.key}${perFrame ? ` (${t.attributes.perFrame})` : ''}`;
  const look = { label, size: 'xs', mb: 8, withAsterisk: required } as const;
  if (type === 'boolean') return <Checkbox {...look} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
  if (type === 'one_of') {
    const given = typeof value === 'string' ? value : '';
    return <NativeSelect {...look} data={[{ value: '', label: '–' }, ...values]} value={given} onChange={(event) => onChange(event.currentTarget.value === '' ? null : event.currentTarget.value)} />;
  }
  if (type === 'many_of') {
    const chosen = Array.isArray(value) ? value : [];
    return (
      <Checkbox.Group {...look} value={chosen} onChange={onChange}>
        <div className={classes['choices']}>
          {values.map((one) => (
            <Checkbox key={one} size="xs" value={one} label={one} />
          ))}
        </div>
      </Checkbox.Group>
    );
  }
  return <TypedField {...{ attribute, label, value, onChange }} />;
}

/** Text and numbers are written when the field is left. */
function TypedField({ attribute, label, value, onChange }: { attribute: RecipeAttribute; label: string; value: Value; onChange: (value: Value) => void }) {
  const { type, required, min, max } = attribute;
  const [typed, setTyped] = useState<string | number>('');
  const shown = typeof value === 'string' || typeof value === 'number' ? value : '';
  useEffect(() => setTyped(shown), [shown]);
  const write = () => {
    if (typed !== shown) onChange(typed === '' ? null : typed);
  };
  const look = { label, size: 'xs', mb: 8, withAsterisk: required, value: typed, onBlur: write } as const;
  if (type === 'number') return <NumberInput {...look} hideControls onChange={setTyped} {...(min !== undefined && { min })} {...(max !== undefined && { max })} />;
  return <TextInput {...look} onChange={(event) => setTyped(event.currentTarget.value)} onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()} />;
}
