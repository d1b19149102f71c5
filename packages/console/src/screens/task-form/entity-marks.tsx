import { ActionIcon, Button, Kbd, NativeSelect, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useRef, useState, type KeyboardEvent } from 'react';
import { productTexts } from '../../texts-product.ts';
import { asList, asText, isObject, optionsOf } from './form-kind.ts';
import type { QuestionProps } from './questions.tsx';
import { cutAt, type Span } from './spans.ts';
import classes from './task-form.module.css';

const t = productTexts.form;

interface Relation {
  id: string;
  source_ref: string;
  target_ref: string;
  name?: string;
}

const colours = ['#3fbfab', '#ff8a65', '#7986cb', '#ffd54f', '#ba68c8', '#81c784', '#4fc3f7', '#f06292', '#a1887f'];
const newId = () => crypto.randomUUID();

/** Words of a text, marked with labels, and how they relate. */
export function EntityMarks({ params, answer, change, isReadOnly }: QuestionProps) {
  const text = asText(params['text']);
  const labels = optionsOf(params['labels']).map(({ value }) => String(value));
  const spans = asList(answer['annotations']).filter(isObject) as unknown as Span[];
  const relations = asList(answer['relationships']).filter(isObject) as unknown as Relation[];
  const source = useRef<HTMLTextAreaElement>(null);
  const set = (annotations: readonly Span[], relationships: readonly Relation[] = relations) => {
    const known = new Set(annotations.map(({ id }) => id));
    change({ ...answer, annotations, relationships: relationships.filter(({ source_ref: from, target_ref: to }) => known.has(from) && known.has(to)) });
  };
  const mark = (label: string | undefined) => {
    const { selectionStart: start = 0, selectionEnd: end = 0 } = source.current ?? {};
    if (isReadOnly || label === undefined || end <= start) return;
    set([...spans, { id: newId(), start, end, text: text.slice(start, end), label }].toSorted((a, b) => a.start - b.start));
    source.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!/^[1-9]$/.test(event.key) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    mark(labels[Number(event.key) - 1]);
  };
  const colourOf = (label: string) => colours[Math.max(0, labels.indexOf(label)) % colours.length];
  return (
    <>
      <p className={classes['hint']}>{t.mark}</p>
      <div className={classes['labels']} role="group" aria-label={t.labels}>
        {labels.map((label, index) => (
          <Button key={label} variant="default" size="compact-sm" leftSection={<span className={classes['swatch']} style={{ background: colourOf(label) }} aria-hidden />} rightSection={index < 9 && <Kbd size="xs">{index + 1}</Kbd>} onClick={() => mark(label)}>
            {label}
          </Button>
        ))}
      </div>
      <div className={classes['marked']}>
        <pre className={classes['mirror']} aria-hidden>
          {cutAt(text, spans).map(({ from, to, label }) => (label === undefined ? text.slice(from, to) : <mark key={from} style={{ background: `color-mix(in srgb, ${colourOf(label)} 45%, transparent)` }}>{text.slice(from, to)}</mark>))}{' '}
        </pre>
        <textarea ref={source} className={classes['source']} aria-label={t.text} readOnly value={text} spellCheck={false} onKeyDown={onKeyDown} />
      </div>
      <Spans spans={spans} colourOf={colourOf} remove={(id) => set(spans.filter((span) => span.id !== id))} />
      {spans.length > 1 && <Relations spans={spans} relations={relations} change={(next) => set(spans, next)} />}
    </>
  );
}

function Spans({ spans, colourOf, remove }: { spans: readonly Span[]; colourOf: (label: string) => string | undefined; remove: (id: string) => void }) {
  return (
    <section aria-label={t.spans}>
      {spans.length === 0 && <p className={classes['hint']}>{t.noSpans}</p>}
      <ul className={classes['spans']}>
        {spans.map((span) => (
          <li key={span.id}>
            <span className={classes['swatch']} style={{ background: colourOf(span.label) }} aria-hidden />
            <span>
              <strong>{span.label}</strong> {span.text}
            </span>
            <ActionIcon size="sm" aria-label={t.removeSpan(span.text)} onClick={() => remove(span.id)}>
              <IconX size={14} />
            </ActionIcon>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Relations({ spans, relations, change }: { spans: readonly Span[]; relations: readonly Relation[]; change: (relations: Relation[]) => void }) {
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [name, setName] = useState('');
  const options = [{ value: '', label: '…' }, ...spans.map((span) => ({ value: span.id, label: `${span.label}: ${span.text.slice(0, 40)}` }))];
  const textOf = (id: string) => spans.find((span) => span.id === id)?.text ?? id;
  const add = () => change([...relations, { id: newId(), source_ref: from, target_ref: to, ...(name.trim() !== '' && { name: name.trim() }) }]);
  return (
    <fieldset className={classes['set']}>
      <legend>{t.relations}</legend>
      <ul className={classes['spans']}>
        {relations.map((relation, index) => (
          <li key={relation.id}>
            <span aria-hidden>→</span>
            <span>
              {textOf(relation.source_ref)} → {textOf(relation.target_ref)} {relation.name}
            </span>
            <ActionIcon size="sm" aria-label={t.removeRelation(index + 1)} onClick={() => change(relations.toSpliced(index, 1))}>
              <IconX size={14} />
            </ActionIcon>
          </li>
        ))}
      </ul>
      <NativeSelect label={t.from} value={from} data={options} onChange={(event) => setFrom(event.currentTarget.value)} />
      <NativeSelect label={t.to} value={to} data={options} onChange={(event) => setTo(event.currentTarget.value)} />
      <TextInput label={t.name} value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <Button variant="default" disabled={from === '' || to === '' || from === to} onClick={add}>
        {t.relate}
      </Button>
    </fieldset>
  );
}
