import { z } from 'zod';

/**
 * The query language, one for every entity. A filter is an object:
 *
 * - `{ "kind": "image" }`: the field equals the value; several fields in one object must all hold.
 * - `{ "sizeBytes": { "gte": 1000, "lt": 5000 } }`: operators; several must all hold.
 * - `{ "metadata.camera.iso": { "gt": 400 } }`: a path into user metadata; arrays on the way are looked through.
 * - `{ "and": [...] }`, `{ "or": [...] }`, `{ "not": {...} }`.
 * - `{ "having": { "annotations": { "label": "car", "type": "box" } } }`: one and the same annotation satisfies the whole filter.
 */
export const queryOperators = ['eq', 'ne', 'in', 'nin', 'gt', 'gte', 'lt', 'lte', 'exists', 'match', 'contains'] as const;
export type QueryOperator = (typeof queryOperators)[number];

export type FilterValue = string | number | boolean | null;
export interface Filter {
  [field: string]: unknown;
  and?: Filter[];
  or?: Filter[];
  not?: Filter;
  having?: Record<string, Filter>;
}

/** Bounds of a query, each named in its error. */
export const queryLimits = { maxDepth: 20, maxConditions: 1_000, maxValues: 10_000, maxTextLength: 10_000, maxSortKeys: 5 };

/** Checked further by the query engine, which knows the fields of each entity. */
export const filterSchema = z.record(z.string(), z.unknown()).describe('A filter of the query language') as unknown as z.ZodType<Filter, Filter>;

export const sortSchema = z
  .array(z.object({ field: z.string().max(1_000), direction: z.enum(['asc', 'desc']).default('asc') }).strict())
  .max(queryLimits.maxSortKeys, `must have at most ${queryLimits.maxSortKeys} keys`)
  .describe('Sort keys, the strongest first; null sorts before everything');
export type SortKey = z.infer<typeof sortSchema>[number];

/** The body of every query. */
export const queryBody = z
  .object({
    filter: filterSchema.default({}),
    sort: sortSchema.optional(),
    fields: z.array(z.string().max(1_000)).min(1).max(100).optional().describe('Only these fields; default all'),
    limit: z.int().min(1).max(1_000).default(100),
    cursor: z.string().max(20_000).optional(),
  })
  .strict();

/** An answer with the rows asked for; with `fields`, rows carry just those. */
export const countResult = z.object({ count: z.int(), exact: z.boolean() });
