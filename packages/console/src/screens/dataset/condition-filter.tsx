import type { QueryField } from '@fovea/contract';
import { Autocomplete, Button, CloseButton, NativeSelect, Popover } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconFilterPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { comparisons, conditionText, type Comparison, type Condition } from '../../api/conditions.ts';
import { fieldsQuery, valuesQuery } from '../../api/product.ts';
import { productTexts } from '../../texts-product.ts';
import classes from './filter-bar.module.css';

const t = productTexts.filter;
const typingMs = 200;

/** The comparisons that a field takes. */
const allowed: Record<QueryField['type'], readonly Comparison[]> = {
  id: ['eq', 'ne'],
  sha256: ['eq', 'ne'],
  text: ['eq', 'ne', 'contains', 'match', 'exists', 'missing'],
  path: ['eq', 'ne', 'contains', 'match'],
  enum: ['eq', 'ne'],
  boolean: ['eq', 'ne', 'exists', 'missing'],
  number: ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'exists', 'missing'],
  time: ['gte', 'lt', 'exists', 'missing'],
  texts: ['eq', 'ne', 'match', 'exists', 'missing'],
  mixed: comparisons,
};

export interface ConditionFilterProps {
  datasetId: string;
  conditions: readonly Condition[];
  change: (conditions: Condition[] | undefined) => void;
}

/** Conditions on any field, chosen among the fields and values that the dataset has. */
export function ConditionFilter({ datasetId, conditions, change }: ConditionFilterProps) {
  const [opened, setOpened] = useState(false);
  const without = (index: number) => conditions.toSpliced(index, 1);
  return (
    <>
      {conditions.map((condition, index) => {
        const text = conditionText(condition, t.operators);
        return (
          <span key={text} className={classes['chip']}>
            {text}
            <CloseButton size="xs" aria-label={t.remove(text)} onClick={() => change(conditions.length === 1 ? undefined : without(index))} />
          </span>
        );
      })}
      <Popover opened={opened} onChange={setOpened} position="bottom-start" shadow="md" trapFocus returnFocus>
        <Popover.Target>
          <Button variant="subtle" leftSection={<IconFilterPlus size={15} />} onClick={() => setOpened((now) => !now)}>
            {t.add}
          </Button>
        </Popover.Target>
        <Popover.Dropdown aria-label={t.add}>
          <NewCondition
            key={conditions.length}
            datasetId={datasetId}
            add={(condition) => {
              setOpened(false);
              change([...conditions, condition]);
            }}
          />
        </Popover.Dropdown>
      </Popover>
    </>
  );
}

function NewCondition({ datasetId, add }: { datasetId: string; add: (condition: Condition) => void }) {
  const { data } = useQuery(fieldsQuery(datasetId));
  const [name, setName] = useState('');
  const [chosen, choose] = useState<Comparison>();
  const [value, setValue] = useState('');
  const [fault, setFault] = useState<string>();
  const field = fieldOf(data?.data ?? [], name.trim());
  const options = allowed[field?.type ?? 'mixed'];
  const comparison = options.find((one) => one === chosen) ?? options[0] ?? 'eq';
  const needsValue = comparison !== 'exists' && comparison !== 'missing';
  const [prefix] = useDebouncedValue(value, typingMs);
  const { data: values } = useQuery({ ...valuesQuery(datasetId, field?.name ?? '', prefix), enabled: field !== undefined && needsValue });
  const suggested = field?.values ?? [...new Set(values?.data.map((one) => String(one.value)))];
  const submit = () => {
    if (!field) return setFault(t.unknown);
    const typed = needsValue ? typedValue(field, value.trim(), values?.data.find((one) => String(one.value) === value.trim())?.value) : true;
    if (typed === undefined) return setFault(t.number);
    return add([field.name, comparison, typed]);
  };
  return (
    <form
      className={classes['new']}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Autocomplete
        label={t.field}
        description={t.fieldHint}
        value={name}
        data={data?.data.map((one) => one.name) ?? []}
        limit={100}
        comboboxProps={{ withinPortal: false }}
        onChange={(next) => {
          setName(next);
          // That of another field is none of this one.
          setValue('');
          setFault(undefined);
        }}
        data-autofocus
      />
      <NativeSelect label={t.operator} value={comparison} data={options.map((one) => ({ value: one, label: t.operators[one] }))} onChange={(event) => choose(options.find((one) => one === event.currentTarget.value))} />
      {needsValue && <Autocomplete label={t.value} value={value} data={suggested} limit={50} comboboxProps={{ withinPortal: false }} onChange={setValue} />}
      {fault !== undefined && (
        <span role="alert" className={classes['fault']}>
          {fault}
        </span>
      )}
      <Button type="submit" disabled={name.trim() === '' || (needsValue && value.trim() === '')}>
        {t.apply}
      </Button>
    </form>
  );
}

/** The field of a name; keys of metadata that were not seen can be asked for too. */
function fieldOf(fields: readonly QueryField[], name: string): QueryField | undefined {
  const known = fields.find((field) => field.name === name);
  return known ?? (/^(metadata|summary|dicom)\.[^.]+(\.[^.]+)*$/.test(name) ? { name, type: 'mixed', items: 0 } : undefined);
}

/** A value as the field takes it; undefined for a number that is none. */
function typedValue(field: QueryField, text: string, seen: string | number | boolean | undefined): string | number | boolean | undefined {
  if (seen !== undefined && typeof seen !== 'string') return seen;
  switch (field.type) {
    case 'number':
      return text === '' || Number.isNaN(Number(text)) ? undefined : Number(text);
    case 'boolean':
      return text === 'true' || text === 'false' ? text === 'true' : text;
    case 'time': {
      const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00`) : undefined;
      return day && !Number.isNaN(day.getTime()) ? day.toISOString() : text;
    }
    default:
      return text;
  }
}
