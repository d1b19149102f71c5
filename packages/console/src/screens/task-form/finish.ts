import { productTexts } from '../../texts-product.ts';
import { cleaned, fieldsOf, isAnswered, unanswered } from './collection.ts';
import { asText, isObject, type Answer, type FormKind, type Params } from './form-kind.ts';

const t = productTexts.form;

/** An answer ready to be sent, or what it lacks. */
export type Finished = { response: Record<string, unknown> } | { fault: string };

/** Makes of what stands in the form what the type of the task answers with. */
export function finish(kind: FormKind, params: Params, answer: Answer): Finished {
  switch (kind) {
    case 'category':
      return category(params, answer);
    case 'comparison':
      return comparison(params, answer);
    case 'fields':
      return fields(params, answer);
    case 'audio':
      if (asText(answer['error']) !== '') return { response: { error: asText(answer['error']) } };
      return isAnswered(answer['transcript']) ? { response: { ...answer } } : { fault: t.missing(t.transcript) };
    case 'entities':
      return { response: { annotations: [], relationships: [], ...answer } };
    case 'collection': {
      const answers = isObject(answer['annotations']) ? answer['annotations'] : {};
      const [missing] = unanswered(fieldsOf(params['fields']), answers);
      return missing === undefined ? { response: { annotations: cleaned(answers) as Record<string, unknown> } } : { fault: t.missing(missing) };
    }
    case 'document':
      return { response: { annotations: [], ...answer } };
    case 'json':
      return json(answer);
  }
}

function category(params: Params, answer: Answer): Finished {
  if (isObject(params['taxonomies'])) {
    const given = isObject(answer['taxonomies']) ? answer['taxonomies'] : {};
    const missing = Object.keys(params['taxonomies']).find((name) => !isAnswered(given[name]));
    return missing === undefined ? { response: { taxonomies: given } } : { fault: t.missing(missing) };
  }
  return isAnswered(answer['category']) ? { response: { category: answer['category'] } } : { fault: t.missing(t.category) };
}

function comparison(params: Params, answer: Answer): Finished {
  const asked = isObject(params['fields']) ? Object.keys(params['fields']) : [];
  const given = isObject(answer['fields']) ? answer['fields'] : {};
  if (params['choices'] !== undefined && !isAnswered(answer['choice'])) return { fault: t.missing(t.choice) };
  const missing = asked.find((name) => !isAnswered(given[name]));
  if (missing !== undefined) return { fault: t.missing(missing) };
  return { response: { ...(isAnswered(answer['choice']) && { choice: answer['choice'] }), ...(asked.length > 0 && { fields: given }) } };
}

function fields(params: Params, answer: Answer): Finished {
  const given = isObject(answer['fields']) ? answer['fields'] : {};
  const missing = (isObject(params['fields']) ? Object.keys(params['fields']) : []).find((name) => !isAnswered(given[name]));
  return missing === undefined ? { response: { fields: cleaned(given) as Record<string, unknown> } } : { fault: t.missing(missing) };
}

function json(answer: Answer): Finished {
  if (typeof answer['text'] !== 'string') return { response: { ...answer } };
  try {
    const parsed: unknown = JSON.parse(answer['text']);
    return isObject(parsed) ? { response: parsed } : { fault: t.badJson };
  } catch {
    return { fault: t.badJson };
  }
}
