import { asList, asText, isObject, isTrue, type Params } from './form-kind.ts';

/** A question of a text collection. */
export interface CollectionField {
  id: string;
  type: 'text' | 'number' | 'category' | 'boolean' | 'datetime' | 'field_set' | 'form';
  title: string;
  hint: string;
  required: boolean;
  /** More than one: the answer is an array. */
  most: number;
  least: number;
  choices: unknown;
  maxChoices: number;
  maxCharacters: number | undefined;
  min: number | undefined;
  max: number | undefined;
  fields: readonly CollectionField[];
}

const types = ['text', 'number', 'category', 'boolean', 'datetime', 'field_set', 'form'] as const;
const numberOf = (value: unknown): number | undefined => (value === undefined || value === null || value === '' || Number.isNaN(Number(value)) ? undefined : Number(value));

/** The questions of a task, as its parameters have them. */
export function fieldsOf(fields: unknown): CollectionField[] {
  return asList(fields).flatMap((field): CollectionField[] => {
    if (!isObject(field)) return [];
    const type = types.find((one) => one === field['type']) ?? 'text';
    const id = asText(field['field_id']);
    return [
      {
        id,
        type,
        title: asText(field['title']) || id,
        hint: [field['description'], field['hint']].map(asText).filter((text) => text !== '').join(' '),
        required: isTrue(field['required']),
        most: numberOf(field['max_responses_required']) ?? 1,
        least: numberOf(field['min_responses_required']) ?? 1,
        choices: field['choices'],
        maxChoices: numberOf(field['max_choices']) ?? 1,
        maxCharacters: numberOf(field['max_characters']),
        min: numberOf(field['min']),
        max: numberOf(field['max']),
        fields: fieldsOf(field['fields']),
      },
    ];
  });
}

/** True for an answer that says something. */
export function isAnswered(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isAnswered);
  if (isObject(value)) return Object.values(value).some(isAnswered);
  return value !== undefined && value !== null && value !== '';
}

/** The titles of questions that must be answered and are not. */
export function unanswered(fields: readonly CollectionField[], answers: Params): string[] {
  return fields.flatMap((field) => {
    const answer = answers[field.id];
    if (field.type === 'form') return unanswered(field.fields, isObject(answer) ? answer : {});
    const own = field.required && (!isAnswered(answer) || (field.most > 1 && asList(answer).filter(isAnswered).length < field.least)) ? [field.title] : [];
    if (field.type !== 'field_set' || !isAnswered(answer)) return own;
    const rows = field.most > 1 ? asList(answer) : [answer];
    return [...own, ...rows.flatMap((row) => (isObject(row) ? unanswered(field.fields, row) : []))];
  });
}

/** Without empty rows and what was not answered. */
export function cleaned(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter(isAnswered).map(cleaned);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).flatMap(([key, one]) => (isAnswered(one) ? [[key, cleaned(one)]] : [])));
  return value;
}
