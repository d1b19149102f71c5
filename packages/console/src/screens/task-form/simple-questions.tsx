import { ActionIcon, Button, Checkbox, Radio, Stack, Textarea, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { productTexts } from '../../texts-product.ts';
import { asList, asText, isObject, isTrue, optionsOf, type Option } from './form-kind.ts';
import type { QuestionProps } from './questions.tsx';
import classes from './task-form.module.css';

const t = productTexts.form;

export interface ChoiceProps {
  label: string;
  hint?: string | undefined;
  options: readonly Option[];
  many: boolean;
  value: unknown;
  onChange: (value: unknown) => void;
  required?: boolean;
}

/** One of several, or several of them. What is sent is the value as it was given, number or text. */
export function Choice({ label, hint, options, many, value, onChange, required = false }: ChoiceProps) {
  const byText = new Map(options.map((option) => [String(option.value), option.value]));
  const chosen = asList(value).map(String);
  const title = required ? `${label} (${t.required})` : label;
  const lines = (Line: typeof Radio | typeof Checkbox) => (
    <Stack gap={8} mt={8}>
      {options.map((option) => (
        <Line key={String(option.value)} value={String(option.value)} label={option.label} description={option.hint} />
      ))}
    </Stack>
  );
  if (many) {
    return (
      <Checkbox.Group label={title} description={hint} value={chosen} onChange={(next) => onChange(next.map((text) => byText.get(text) ?? text))}>
        {lines(Checkbox)}
      </Checkbox.Group>
    );
  }
  return (
    <Radio.Group label={title} description={hint} value={chosen[0] ?? ''} onChange={(next) => onChange(byText.get(next) ?? next)}>
      {lines(Radio)}
    </Radio.Group>
  );
}

/** Categories of the whole, or one of each taxonomy. */
export function CategoryQuestion({ params, answer, change }: QuestionProps) {
  const { taxonomies } = params;
  if (isObject(taxonomies)) {
    const given = isObject(answer['taxonomies']) ? answer['taxonomies'] : {};
    return Object.entries(taxonomies).map(([name, taxonomy]) => {
      const own = isObject(taxonomy) ? taxonomy : { choices: taxonomy };
      const options = optionsOf(own['choices'] ?? own['categories'] ?? own['options']);
      return <Choice key={name} label={asText(own['title']) || name} hint={asText(own['description'])} options={options} many={isTrue(own['allow_multiple'])} value={given[name]} onChange={(value) => change({ ...answer, taxonomies: { ...given, [name]: value } })} required />;
    });
  }
  const many = isTrue(params['allow_multiple']);
  return <Choice label={many ? t.categories : t.category} options={optionsOf(params['categories'])} many={many} value={answer['category']} onChange={(category) => change({ ...answer, category })} required />;
}

/** Which of several attachments, and texts about them. */
export function ComparisonQuestion({ params, answer, change }: QuestionProps) {
  const given = isObject(answer['fields']) ? answer['fields'] : {};
  return (
    <>
      {params['choices'] !== undefined && <Choice label={t.choice} options={optionsOf(params['choices'])} many={false} value={answer['choice']} onChange={(choice) => change({ ...answer, choice })} required />}
      {isObject(params['fields']) && <TextFields fields={params['fields']} given={given} change={(fields) => change({ ...answer, fields })} />}
    </>
  );
}

/** Texts to be read off something; some of them as often as they are there. */
export function FieldQuestions({ params, answer, change }: QuestionProps) {
  const given = isObject(answer['fields']) ? answer['fields'] : {};
  const set = (fields: Record<string, unknown>) => change({ ...answer, fields });
  return (
    <>
      {isObject(params['fields']) && <TextFields fields={params['fields']} given={given} change={set} />}
      {isObject(params['repeatable_fields']) && Object.entries(params['repeatable_fields']).map(([name, hint]) => <Rows key={name} name={name} hint={asText(hint)} values={asList(given[name]).map(asText)} onChange={(values) => set({ ...given, [name]: values })} />)}
    </>
  );
}

function TextFields({ fields, given, change }: { fields: Record<string, unknown>; given: Record<string, unknown>; change: (fields: Record<string, unknown>) => void }) {
  return Object.entries(fields).map(([name, hint]) => (
    <Textarea key={name} label={`${name} (${t.required})`} description={asText(hint)} value={asText(given[name])} autosize minRows={1} maxRows={8} onChange={(event) => change({ ...given, [name]: event.currentTarget.value })} />
  ));
}

/** As many lines of text as one wants. */
function Rows({ name, hint, values, onChange }: { name: string; hint: string; values: readonly string[]; onChange: (values: string[]) => void }) {
  const rows = values.length === 0 ? [''] : values;
  return (
    <fieldset className={classes['set']}>
      <legend>{name}</legend>
      {hint !== '' && <p className={classes['hint']}>{hint}</p>}
      <div className={classes['rows']}>
        {rows.map((value, index) => (
          <div key={index} className={classes['row']}>
            <TextInput aria-label={`${name} ${index + 1}`} value={value} onChange={(event) => onChange(rows.with(index, event.currentTarget.value))} />
            <ActionIcon mt={5} aria-label={t.removeRow(index + 1)} onClick={() => onChange(rows.toSpliced(index, 1))}>
              <IconX size={15} />
            </ActionIcon>
          </div>
        ))}
      </div>
      <Button variant="subtle" leftSection={<IconPlus size={14} />} onClick={() => onChange([...rows, ''])}>
        {t.addRow}
      </Button>
    </fieldset>
  );
}

/** What is said in a recording. */
export function AudioQuestion({ answer, change }: QuestionProps) {
  const { error, transcript } = answer;
  const cannot = asText(error) !== '';
  return (
    <>
      <Textarea label={t.transcript} value={asText(transcript)} disabled={cannot} autosize minRows={8} maxRows={24} onChange={(event) => change({ transcript: event.currentTarget.value })} />
      <Checkbox label={t.cannot} checked={cannot} onChange={(event) => change(event.currentTarget.checked ? { error: t.cannot } : { transcript: '' })} />
    </>
  );
}
