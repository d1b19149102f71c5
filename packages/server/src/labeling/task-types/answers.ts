import type { TaskFamily } from '@fovea/contract';
import { familyOf } from './params.ts';
import { isObject, type Json, type Work } from './work.ts';

/** Labels of classifications, in the order in which they were given. */
function chosen({ annotations }: Work): string[] {
  return annotations.filter(({ type }) => type === 'classification').map(({ label }) => label);
}

/** `categorization`: `{category}`, with `category_id` where ids were given, or an answer for each taxonomy. */
function categoryResponse(work: Work): Json {
  const { params, answers } = work;
  if (isObject(params['taxonomies'])) return isObject(answers['taxonomies']) ? answers : { taxonomies: answers };
  const picked = answers['category'] ?? chosen(work);
  const many = params['allow_multiple'] === true;
  const list = (Array.isArray(picked) ? picked : [picked]) as unknown[];
  const ids = isObject(params['category_ids']) ? Object.entries(params['category_ids']) : undefined;
  const idOf = (category: unknown) => ids?.find(([, name]) => name === category)?.[0] ?? null;
  const one = <T>(values: readonly T[]): T | readonly T[] | null => (many || values.length > 1 ? values : (values[0] ?? null));
  if (list.length === 0) return answers;
  return { ...answers, category: one(list), ...(ids ? { category_id: one(list.map(idOf)) } : {}) };
}

/** `comparison`: `{choice?, fields?}`. */
function comparisonResponse(work: Work): Json {
  const [choice] = chosen(work);
  return { ...(choice === undefined ? {} : { choice }), ...work.answers };
}

/** `transcription` and `datacollection`: `{fields}`; texts that were drawn or written on the item answer the field of their label. */
function fieldsResponse({ answers, annotations }: Work): Json {
  const written = annotations.flatMap(({ geometry, label }) => (geometry.type === 'text' ? [[label, geometry.text] as const] : []));
  const { fields, ...rest } = answers;
  return { fields: { ...Object.fromEntries(written), ...(isObject(fields) ? fields : rest) }, ...(isObject(fields) ? rest : {}) };
}

function audioResponse({ answers, annotations, media }: Work): Json {
  const text = annotations.flatMap(({ geometry }) => (geometry.type === 'text' ? [geometry.text] : [])).join('\n');
  return { ...(answers['error'] === undefined ? { transcript: text, duration: media.fps > 0 ? media.frames / media.fps : 0 } : {}), ...answers };
}

/** `namedentityrecognition`: spans of `params.text`, and how they relate. */
function entitiesResponse({ params, answers, annotations }: Work): Json {
  const whole = typeof params['text'] === 'string' ? params['text'] : '';
  const spans = annotations.flatMap(({ id, label, geometry, attributes }): Json[] => {
    if (geometry.type !== 'text' || geometry.start === undefined || geometry.end === undefined) return [];
    const { start, end } = geometry;
    return [{ id, start, end, text: whole.slice(start, end), label, ...(Object.keys(attributes).length > 0 ? { attributes } : {}) }];
  });
  return { annotations: spans, relationships: [], ...answers };
}

/** `textcollection`: `{annotations: {field: answer}}`. */
function collectionResponse(work: Work): Json {
  const { answers } = work;
  if (isObject(answers['annotations'])) return answers;
  const picked = Object.fromEntries(work.annotations.flatMap(({ label, geometry }) => (geometry.type === 'text' ? [[label, geometry.text] as const] : [])));
  return { annotations: { ...picked, ...answers } };
}

const byFamily: Partial<Record<TaskFamily, (work: Work) => Json>> = {
  category: categoryResponse,
  comparison: comparisonResponse,
  fields: fieldsResponse,
  audio: audioResponse,
  entities: entitiesResponse,
  collection: collectionResponse,
};

/** The answer to a task, made of what was said and, where that says nothing, of what was labeled. */
export function answerOf(work: Work): Json {
  return byFamily[familyOf(work.type)]?.(work) ?? work.answers;
}
