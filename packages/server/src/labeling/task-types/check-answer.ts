import { collectionField, faultsOf, isPresent, taskTypeOf, type TaskFamily, type TaskFault } from '@fovea/contract';
import { geometriesOf, leaves } from './labels.ts';
import { familyOf } from './params.ts';
import { isObject, type Json } from './work.ts';

type Checks = (params: Json, answer: Json, type: string) => TaskFault[];
const maxNamed = 50;

/** What is wrong with the answer to a task, by its type and its parameters; every fault says what is allowed. */
export function answerFaults(type: string, params: Json, answer: Json): TaskFault[] {
  const row = taskTypeOf(type);
  if (!row) return [];
  const shape = faultsOf(row.response.safeParse(answer, { reportInput: true }));
  return shape.length > 0 ? shape : (checks[familyOf(type)] ?? none)(params, answer, type);
}

const none: Checks = () => [];

const oneOf = (values: readonly unknown[]) => `must be one of ${values.slice(0, maxNamed).map(String).join(', ')}${values.length > maxNamed ? ', …' : ''}`;

function pickFaults(path: string, given: unknown, allowed: readonly string[], many: boolean): TaskFault[] {
  if (Array.isArray(given) !== many) return [{ path, message: many ? 'must be an array, as several may be chosen' : 'must be one text, as only one may be chosen' }];
  const wrong = (many ? (given as unknown[]) : [given]).filter((one) => allowed.length > 0 && !allowed.includes(String(one)));
  return wrong.length === 0 ? [] : [{ path, message: oneOf(allowed) }];
}

const choicesOf = (labels: unknown): string[] => leaves(labels).map(({ choice }) => choice);

const category: Checks = (params, answer) => {
  const { taxonomies } = params;
  if (!isObject(taxonomies)) return pickFaults('category', answer['category'], choicesOf(params['categories']), params['allow_multiple'] === true);
  const given = isObject(answer['taxonomies']) ? answer['taxonomies'] : {};
  return [
    ...unknownKeys('taxonomies', given, Object.keys(taxonomies)),
    ...Object.entries(taxonomies).flatMap(([key, definition]): TaskFault[] => {
      const path = `taxonomies.${key}`;
      if (given[key] === undefined) return [{ path, message: 'is required' }];
      const { choices, categories, allow_multiple: many } = isObject(definition) ? definition : { choices: definition };
      return pickFaults(path, given[key], choicesOf(choices ?? categories), many === true);
    }),
  ];
};

function unknownKeys(path: string, given: Json, allowed: readonly string[]): TaskFault[] {
  return Object.keys(given).flatMap((key) => (allowed.includes(key) ? [] : [{ path: `${path}.${key}`, message: `is no field of the task; its fields are ${allowed.join(', ')}` }]));
}

const comparison: Checks = (params, answer) => {
  const choices = Array.isArray(params['choices']) ? params['choices'].map((one: unknown) => (isObject(one) ? (one['value'] ?? one['choice'] ?? one['name'] ?? one['label']) : one)) : undefined;
  const fields = isObject(params['fields']) ? Object.keys(params['fields']) : [];
  return [
    ...(choices && answer['choice'] !== undefined && !choices.includes(answer['choice']) ? [{ path: 'choice', message: oneOf(choices) }] : []),
    ...(isObject(answer['fields']) ? unknownKeys('fields', answer['fields'], fields) : []),
  ];
};

const fields: Checks = (params, answer) => {
  const [single, repeated] = [params['fields'], params['repeatable_fields']].map((one) => (isObject(one) ? Object.keys(one) : []));
  const given = isObject(answer['fields']) ? answer['fields'] : {};
  const all = [...(single ?? []), ...(repeated ?? [])];
  if (Object.keys(given).length === 0) return [{ path: 'fields', message: `must answer at least one of ${all.join(', ')}` }];
  const lists = Object.entries(given).flatMap(([key, value]): TaskFault[] => (Array.isArray(value) && !repeated?.includes(key) ? [{ path: `fields.${key}`, message: 'must be text, as the field may not be repeated' }] : []));
  return [...unknownKeys('fields', given, all), ...lists];
};

const entities: Checks = (params, answer) => {
  const text = typeof params['text'] === 'string' ? params['text'] : '';
  const labels = choicesOf(params['labels']);
  const spans = answer['annotations'] as { id: string; start: number; end: number; text: string; label: string }[];
  const ids = new Set(spans.map(({ id }) => id));
  const ofSpans = spans.flatMap(({ start, end, text: said, label }, index): TaskFault[] => {
    const path = `annotations.${index}`;
    if (labels.length > 0 && !labels.includes(label)) return [{ path: `${path}.label`, message: oneOf(labels) }];
    if (end <= start || end > text.length) return [{ path: `${path}.end`, message: `must lie after start and be at most ${text.length}, the length of the text` }];
    return text.slice(start, end) === said ? [] : [{ path: `${path}.text`, message: `must be the text from start to end, ${JSON.stringify(text.slice(start, end).slice(0, 100))}` }];
  });
  const links = answer['relationships'] as { source_ref: string; target_ref: string }[];
  return [...ofSpans, ...links.flatMap((link, index) => (['source_ref', 'target_ref'] as const).flatMap((key) => (ids.has(link[key]) ? [] : [{ path: `relationships.${index}.${key}`, message: 'must be the id of an annotation' }])))];
};

interface Field {
  type: string;
  field_id: string;
  required?: unknown;
  choices?: unknown[];
  fields?: unknown[];
  min?: unknown;
  max?: unknown;
  max_characters?: unknown;
  max_responses_required?: number;
}

const fieldsIn = (given: unknown): Field[] => (Array.isArray(given) ? given.flatMap((one: unknown) => (collectionField.safeParse(one).success ? [one as Field] : [])) : []);

function collectionFaults(path: string, wanted: readonly Field[], given: Json): TaskFault[] {
  // A form is a heading over fields, which may be answered without naming it.
  const flat = wanted.flatMap((field) => (field.type === 'form' && given[field.field_id] === undefined ? fieldsIn(field.fields) : [field]));
  const unknown = unknownKeys(path, given, flat.map(({ field_id: id }) => id));
  const of = flat.flatMap((field): TaskFault[] => {
    const at = `${path}.${field.field_id}`;
    const value = given[field.field_id];
    if (!isPresent(value)) return field.required === true || field.required === 'true' ? [{ path: at, message: 'is required' }] : [];
    if (isObject(value) && Array.isArray(value['response'])) return value['response'].flat(1).flatMap((one) => valueFaults(at, field, one));
    if ((field.max_responses_required ?? 1) > 1) {
      if (!Array.isArray(value)) return [{ path: at, message: 'must be an array, as several answers are asked for' }];
      return value.flatMap((one, index) => valueFaults(`${at}.${index}`, field, one));
    }
    return valueFaults(at, field, value);
  });
  return [...unknown, ...of];
}

function valueFaults(path: string, field: Field, value: unknown): TaskFault[] {
  const wrong = (message: string): TaskFault[] => [{ path, message }];
  switch (field.type) {
    case 'text':
      if (typeof value !== 'string') return wrong('must be text');
      return field.max_characters !== undefined && value.length > Number(field.max_characters) ? wrong(`must have at most ${String(field.max_characters)} characters`) : [];
    case 'number':
      return numberFaults(path, field, value);
    case 'boolean':
      return typeof value === 'boolean' ? [] : wrong('must be true or false');
    case 'datetime':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? [] : wrong('must be a date or time as text, e.g. 2026-01-31T18:04:05Z');
    case 'category': {
      const allowed = optionsOf(field.choices ?? []);
      return (Array.isArray(value) ? value : [value]).every((one) => allowed.includes(one)) ? [] : wrong(oneOf(allowed));
    }
    default:
      return isObject(value) ? collectionFaults(path, fieldsIn(field.fields), value) : wrong('must be an object with an answer for each field');
  }
}

function numberFaults(path: string, field: Field, value: unknown): TaskFault[] {
  const number = typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  if (!Number.isFinite(number)) return [{ path, message: 'must be a number' }];
  if (field.min !== undefined && number < Number(field.min)) return [{ path, message: `must be at least ${String(field.min)}` }];
  return field.max !== undefined && number > Number(field.max) ? [{ path, message: `must be at most ${String(field.max)}` }] : [];
}

/** Values of the choices of a field, those below others too. */
function optionsOf(choices: readonly unknown[]): unknown[] {
  return choices.flatMap((choice) => {
    if (!isObject(choice)) return [choice];
    const below = Array.isArray(choice['subchoices']) ? optionsOf(choice['subchoices'] as unknown[]) : [];
    return [choice['value'] ?? choice['label'], ...below];
  });
}

const collection: Checks = (params, answer) => collectionFaults('annotations', fieldsIn(params['fields']), isObject(answer['annotations']) ? answer['annotations'] : {});

/** Annotations that come with the answer itself carry labels that were asked for. */
const drawn: Checks = (params, answer, type) => {
  const allowed = [...geometriesOf(type, params).flatMap(({ leaves: own }) => own.map(({ choice }) => choice)), ...choicesOf(params['labels'])];
  if (allowed.length === 0 || !Array.isArray(answer['annotations'])) return [];
  return (answer['annotations'] as Json[]).flatMap((one, index): TaskFault[] => {
    const { label } = one;
    return label === undefined || allowed.includes(String(label)) ? [] : [{ path: `annotations.${index}.label`, message: oneOf(allowed) }];
  });
};

const checks: Partial<Record<TaskFamily, Checks>> = { category, comparison, fields, entities, collection, vector: drawn, segmentation: drawn, video: drawn, playback: drawn, lidar: drawn, points: drawn };
