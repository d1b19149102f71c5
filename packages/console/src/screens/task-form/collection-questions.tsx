import { ActionIcon, Button, NativeSelect, NumberInput, Textarea, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { productTexts } from '../../texts-product.ts';
import { fieldsOf, type CollectionField } from './collection.ts';
import { asList, asText, isObject, optionsOf } from './form-kind.ts';
import type { QuestionProps } from './questions.tsx';
import { Choice } from './simple-questions.tsx';
import classes from './task-form.module.css';

const t = productTexts.form;
type Answers = Readonly<Record<string, unknown>>;

/** The questions of a text collection, one below the other. */
export function CollectionQuestions({ params, answer, change }: QuestionProps) {
  const answers = isObject(answer['annotations']) ? answer['annotations'] : {};
  return (
    <>
      {asText(params['description']) !== '' && <p className={classes['hint']}>{asText(params['description'])}</p>}
      <Fields fields={fieldsOf(params['fields'])} answers={answers} change={(annotations) => change({ ...answer, annotations })} />
    </>
  );
}

function Fields({ fields, answers, change }: { fields: readonly CollectionField[]; answers: Answers; change: (answers: Answers) => void }) {
  return fields.map((field) => <Field key={field.id} field={field} value={answers[field.id]} onChange={(value) => change({ ...answers, [field.id]: value })} />);
}

interface FieldProps {
  field: CollectionField;
  value: unknown;
  onChange: (value: unknown) => void;
}

/** One question; one that may be answered several times has rows. */
function Field({ field, value, onChange }: FieldProps) {
  if (field.most <= 1) return <One field={field} value={value} onChange={onChange} />;
  const rows = asList(value).length === 0 ? [undefined] : [...asList(value)];
  return (
    <fieldset className={classes['set']}>
      <legend>{titleOf(field)}</legend>
      <div className={classes['rows']}>
        {rows.map((row, index) => (
          <div key={index} className={classes['row']}>
            <div>
              <One field={{ ...field, title: `${field.title} ${index + 1}`, required: false }} value={row} onChange={(next) => onChange(rows.with(index, next))} />
            </div>
            <ActionIcon mt={26} aria-label={t.removeRow(index + 1)} onClick={() => onChange(rows.toSpliced(index, 1))}>
              <IconX size={15} />
            </ActionIcon>
          </div>
        ))}
      </div>
      {rows.length < field.most && (
        <Button variant="subtle" leftSection={<IconPlus size={14} />} onClick={() => onChange([...rows, undefined])}>
          {t.addRow}
        </Button>
      )}
    </fieldset>
  );
}

const titleOf = ({ title, required }: CollectionField) => (required ? `${title} (${t.required})` : title);

function One({ field, value, onChange }: FieldProps) {
  const common = { label: titleOf(field), description: field.hint === '' ? undefined : field.hint };
  switch (field.type) {
    case 'text':
      return <Textarea {...common} value={asText(value)} autosize minRows={1} maxRows={10} maxLength={field.maxCharacters} onChange={(event) => onChange(event.currentTarget.value)} />;
    case 'number':
      return <NumberInput {...common} value={typeof value === 'number' || typeof value === 'string' ? value : ''} {...(field.min !== undefined && { min: field.min })} {...(field.max !== undefined && { max: field.max })} onChange={(next) => onChange(next === '' ? undefined : next)} />;
    case 'category':
      return <Choice label={field.title} hint={field.hint} required={field.required} options={optionsOf(field.choices)} many={field.maxChoices > 1} value={value} onChange={onChange} />;
    case 'boolean': {
      const options = [
        { value: '', label: t.unanswered },
        { value: 'true', label: t.yes },
        { value: 'false', label: t.no },
      ];
      return <NativeSelect {...common} value={typeof value === 'boolean' ? String(value) : ''} data={options} onChange={({ currentTarget }) => onChange(currentTarget.value === '' ? undefined : currentTarget.value === 'true')} />;
    }
    case 'datetime':
      return <TextInput {...common} type="datetime-local" value={asText(value)} onChange={(event) => onChange(event.currentTarget.value)} />;
    case 'field_set':
    case 'form':
      return (
        <fieldset className={classes['set']}>
          <legend>{titleOf(field)}</legend>
          {field.hint !== '' && <p className={classes['hint']}>{field.hint}</p>}
          <Fields fields={field.fields} answers={isObject(value) ? value : {}} change={onChange} />
        </fieldset>
      );
  }
}
