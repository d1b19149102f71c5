import type { Filter } from '@fovea/contract';

/** How a condition compares; `exists` and `missing` need no value. */
export const comparisons = ['eq', 'ne', 'contains', 'match', 'gt', 'gte', 'lt', 'lte', 'exists', 'missing'] as const;
export type Comparison = (typeof comparisons)[number];

/** A condition on a field, as it stands in the address: field, comparison, value. */
export type Condition = readonly [field: string, comparison: Comparison, value: string | number | boolean];

/** Conditions that stand in an address; what is none is left out. */
export function conditionsOf(given: unknown): Condition[] | undefined {
  if (!Array.isArray(given)) return undefined;
  const found = (given as unknown[]).filter((one): one is Condition => {
    if (!Array.isArray(one) || one.length !== 3) return false;
    const [field, comparison, value] = one as unknown[];
    return typeof field === 'string' && field !== '' && comparisons.some((known) => known === comparison) && ['string', 'number', 'boolean'].includes(typeof value);
  });
  return found.length === 0 ? undefined : found;
}

/** A condition in the query language; one on annotations is asked of one and the same annotation. */
export function conditionFilter([field, comparison, value]: Condition): Filter {
  const operation = comparison === 'exists' ? { exists: true } : comparison === 'missing' ? { exists: false } : { [comparison]: value };
  const [first, ...rest] = field.split('.');
  if (first !== 'annotations' || rest.length === 0) return { [field]: operation };
  // Not to have an annotation of a label, rather than to have one of another.
  if (comparison === 'ne') return { not: { having: { annotations: { [rest.join('.')]: { eq: value } } } } };
  return { having: { annotations: { [rest.join('.')]: operation } } };
}

/** A condition to be read. */
export function conditionText([field, comparison, value]: Condition, words: Readonly<Record<Comparison, string>>): string {
  return comparison === 'exists' || comparison === 'missing' ? `${field} ${words[comparison]}` : `${field} ${words[comparison]} ${String(value)}`;
}
