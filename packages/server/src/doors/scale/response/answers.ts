import { isObject } from '../task-types.ts';
import { boxOf, shapesOf } from './shapes.ts';
import type { Json, Work } from './work.ts';

/** Labels of classifications, in the order in which they were given. */
function chosen({ annotations }: Work): string[] {
  return annotations.filter(({ type }) => type === 'classification').map(({ label }) => label);
}

/** `categorization`: `{category}`, with `category_id` where ids were given, or an answer for each taxonomy. */
export function categoryResponse(work: Work): Json {
  const { params, answers } = work;
  if (isObject(params['taxonomies'])) return isObject(answers['taxonomies']) ? answers : { taxonomies: answers };
  const picked = answers['category'] ?? chosen(work);
  const many = params['allow_multiple'] === true;
  const list = (Array.isArray(picked) ? picked : [picked]) as unknown[];
  const ids = isObject(params['category_ids']) ? Object.entries(params['category_ids']) : undefined;
  const idOf = (category: unknown) => ids?.find(([, name]) => name === category)?.[0] ?? null;
  const one = <T>(values: readonly T[]): T | readonly T[] | null => (many ? values : (values[0] ?? null));
  return { ...answers, category: one(list), ...(ids ? { category_id: one(list.map(idOf)) } : {}) };
}

/** `comparison`: `{choice?, fields?}`. */
export function comparisonResponse(work: Work): Json {
  const [choice] = chosen(work);
  return { ...(choice === undefined ? {} : { choice }), ...work.answers };
}

/** `transcription` and `datacollection`: `{fields}`; texts that were drawn or written on the item answer the field of their label. */
export function fieldsResponse({ answers, annotations }: Work): Json {
  const written = annotations.flatMap(({ geometry, label }) => (geometry.type === 'text' ? [[label, geometry.text] as const] : []));
  const { fields, ...rest } = answers;
  return { fields: { ...Object.fromEntries(written), ...(isObject(fields) ? fields : rest) }, ...(isObject(fields) ? rest : {}) };
}

export function audioResponse({ answers, annotations, media }: Work): Json {
  const text = annotations.flatMap(({ geometry }) => (geometry.type === 'text' ? [geometry.text] : [])).join('\n');
  return { ...(answers['error'] === undefined ? { transcript: text, duration: media.fps > 0 ? media.frames / media.fps : 0 } : {}), ...answers };
}

/** `namedentityrecognition`: spans of `params.text`, and how they relate. */
export function entitiesResponse({ params, answers, annotations }: Work): Json {
  const whole = typeof params['text'] === 'string' ? params['text'] : '';
  const spans = annotations.flatMap(({ id, label, geometry, attributes }): Json[] => {
    if (geometry.type !== 'text' || geometry.start === undefined || geometry.end === undefined) return [];
    const { start, end } = geometry;
    return [{ id, start, end, text: whole.slice(start, end), label, ...(Object.keys(attributes).length > 0 ? { attributes } : {}) }];
  });
  return { annotations: spans, relationships: [], ...answers };
}

/** `textcollection`: `{annotations: {field: answer}}`. */
export function collectionResponse(work: Work): Json {
  const { answers } = work;
  if (isObject(answers['annotations'])) return answers;
  const picked = Object.fromEntries(work.annotations.flatMap(({ label, geometry }) => (geometry.type === 'text' ? [[label, geometry.text] as const] : [])));
  return { annotations: { ...picked, ...answers } };
}

/** `documenttranscription`: text at places on pages. */
export function documentResponse({ annotations, answers }: Work): Json {
  const found = annotations.flatMap(({ id, label, geometry, attributes, page, frame }): Json[] => {
    const shape = geometry.type === 'polygon' ? shapesOf(geometry)[0] : boxOf(geometry);
    if (!shape) return [];
    const { text = '', ...rest } = attributes;
    return [{ uuid: id, page: page > 0 ? page : (frame ?? 0), label, text, location: shape, refs: [], ...(Object.keys(rest).length > 0 ? { attributes: rest } : {}) }];
  });
  return { annotations: found, ...answers };
}
