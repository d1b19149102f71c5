import type { AnalyticManifest } from '@fovea/contract';
import { Checkbox, NativeSelect, NumberInput, Textarea, TextInput } from '@mantine/core';
import { productTexts } from '../../texts-product.ts';
import { field } from '../../ui/edit-form.tsx';

export type Parameter = AnalyticManifest['parameters'][number];

export interface ParameterFieldProps {
  parameter: Parameter;
  /** In place of the default of the document. */
  value?: unknown;
  fault: string | undefined;
  /** The files that a parameter of this type may name, where they are known. */
  files?: readonly { id: string; name: string }[];
}

/** The field of a parameter by its type: its name in the form is `p:` and its own. */
export function ParameterField({ parameter, value = parameter.default, fault, files }: ParameterFieldProps) {
  const { name, description, type, unit, min, max, choices = [], required } = parameter;
  const shown = value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  const range = [min, max].some((bound) => bound !== undefined) ? ` ${min ?? ''}–${max ?? ''}` : '';
  const common = { name: `p:${name}`, label: `${name}${unit ? ` (${unit})` : ''}`, description: `${description}${range}`, error: fault };
  if (type === 'boolean') return <Checkbox name={common.name} label={common.label} description={description} error={fault} defaultChecked={value === true} />;
  if (type === 'choice') return <NativeSelect {...common} defaultValue={shown} data={[...(required ? [] : ['']), ...choices]} />;
  if (type === 'file' && files) {
    const known = files.some((file) => file.id === shown) || shown === '' ? [] : [{ value: shown, label: shown }];
    return <NativeSelect {...common} defaultValue={shown} data={[{ value: '', label: productTexts.profiles.noFile }, ...files.map((file) => ({ value: file.id, label: file.name })), ...known]} />;
  }
  if (type === 'object' || type === 'array') return <Textarea {...common} defaultValue={shown} autosize maxRows={10} required={required} withAsterisk={false} />;
  if ((type === 'number' || type === 'integer') && (typeof value === 'number' || shown === '')) {
    return <NumberInput {...common} defaultValue={typeof value === 'number' ? value : ''} {...(min !== undefined && { min })} {...(max !== undefined && { max })} step={type === 'integer' ? 1 : stepOf(min, max)} allowDecimal={type === 'number'} clampBehavior="none" required={required} withAsterisk={false} />;
  }
  return <TextInput {...common} defaultValue={shown} required={required} withAsterisk={false} />;
}

/** A hundredth of the range, as a power of ten. */
function stepOf(min: number | undefined, max: number | undefined): number {
  if (min === undefined || max === undefined || max <= min) return 1;
  return 10 ** Math.round(Math.log10((max - min) / 100));
}

/** The value of a field, where something stands in it. Numbers are sent as they are written: the platform says what is wrong with them. */
export function valueOf(parameter: Parameter, form: FormData): [string, unknown][] {
  const name = `p:${parameter.name}`;
  if (parameter.type === 'boolean') return [[parameter.name, form.get(name) === 'on']];
  const text = field(form, name);
  if (text === '') return [];
  if (parameter.type === 'object' || parameter.type === 'array') return [[parameter.name, jsonOf(text)]];
  if (parameter.type === 'number' || parameter.type === 'integer') return [[parameter.name, Number.isNaN(Number(text)) ? text : Number(text)]];
  return [[parameter.name, text]];
}

/** What is no JSON goes as text: the platform says what is due. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
