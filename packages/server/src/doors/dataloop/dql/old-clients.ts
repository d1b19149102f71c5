import { isObject } from './conditions.ts';

/** What clients of the first kind call things where their Python prints the names of its enumerations. */
const operators: Readonly<Record<string, string>> = { OR: '$or', AND: '$and', IN: '$in', NOT_EQUAL: '$ne', EQUAL: '$eq', GREATER_THAN: '$gt', LESS_THAN: '$lt', EXISTS: '$exists', MATCH: '$match' };
const resources: Readonly<Record<string, string>> = { ITEM: 'items', ANNOTATION: 'annotations', DATASET: 'datasets', TASK: 'tasks' };
const directions: Readonly<Record<string, string>> = { ASCENDING: 'ascending', DESCENDING: 'descending' };

/**
 * A query with the words that the wire means. Clients written for Python before 3.11 send, on a newer one, `$FiltersOperations.IN` for `$in` and
 * `FiltersResource.ITEM` for `items`: enumerations of text print their own names there.
 */
export function plainWords(value: unknown): unknown {
  if (typeof value === 'string') {
    const [, kind, name = ''] = /^Filters(Resource|OrderByDirection)\.([A-Z_]+)$/.exec(value) ?? [];
    return (kind === 'Resource' ? resources[name] : kind === undefined ? undefined : directions[name]) ?? value;
  }
  if (Array.isArray(value)) return value.map(plainWords);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const [, name = ''] = /^\$Filters(?:Operations|Method)\.([A-Z_]+)$/.exec(key) ?? [];
      return [operators[name] ?? key, plainWords(inner)];
    }),
  );
}
