import type { Filter, SortKey } from '@fovea/contract';
import { itemStatuses } from '@fovea/contract';
import { Fault } from '../../fault.ts';
import { isTrue, textOf } from './answer.ts';
import type { Collection } from './collections.ts';

type Query = Record<string, unknown>;

/** A filter that nothing passes. */
export const nothing: Filter = { or: [] };

/** The filter of `GET /resources`, but for the projects, which have to be looked up. */
export function resourceFilter(query: Query): Filter {
  const all: Filter[] = [statusFilter(query['status']), labelFilter(query), dayFilter(query)];
  const channel = textOf(query['channel_name']);
  if (channel !== undefined) all.push({ channel });
  const mimetype = textOf(query['mimetype']);
  if (mimetype !== undefined) all.push(noted('mimetype', mimetype, 'mediaType'));
  const modality = textOf(query['modality']);
  if (modality !== undefined) all.push(noted('modality', modality, 'summary.modality'));
  const filename = textOf(query['filename']);
  if (filename !== undefined) all.push(noted('filename', filename, 'name'));
  return { and: all };
}

/** What the door keeps, or for an item that came another way, what the platform knows. */
function noted(key: string, value: string, otherwise: string): Filter {
  return { or: [{ [`extra.${key}`]: value }, { [`extra.${key}`]: { exists: false }, [otherwise]: value }] };
}

/** No status, or an empty one, is all; one that we do not know is none. `new` is never seen. */
function statusFilter(given: unknown): Filter {
  const status = textOf(given);
  if (status === undefined) return {};
  return (itemStatuses as readonly string[]).includes(status) ? { status } : nothing;
}

/** Any of the labels: `labels[0]=…` of the guide's client, `tags={"items":[…],"filterType":…}` of the newest. */
function labelFilter(query: Query): Filter {
  const labels = Object.entries(query).flatMap(([key, value]) => (/^labels(\[\d*\])?$/.test(key) ? [value].flat().map(String) : []));
  const tags = choiceOf(query['tags'], 'tags');
  const parts: Filter[] = [];
  if (labels.length > 0) parts.push({ labels: { in: labels } });
  if (tags && tags.items.length > 0) parts.push(tags.every ? { and: tags.items.map((label) => ({ labels: label })) } : { labels: { in: tags.items } });
  return { and: parts };
}

/** `{"items":["a"],"filterType":"union"}`; a plain text is one item. */
export function choiceOf(given: unknown, name: string): { items: string[]; every: boolean } | undefined {
  const text = textOf(given);
  if (text === undefined) return undefined;
  if (!text.startsWith('{')) return { items: [text], every: false };
  try {
    const { items, filterType } = JSON.parse(text) as { items?: unknown; filterType?: unknown };
    if (Array.isArray(items) && items.every((item) => typeof item === 'string')) return { items, every: filterType === 'intersection' };
  } catch {
    // Told below, as for every other form that is not understood.
  }
  throw new Fault('invalid_request', `${name} must be JSON such as {"items":["a"],"filterType":"union"}.`);
}

/** Days of creation in UTC: `from` inclusive, `to` exclusive. */
function dayFilter(query: Query): Filter {
  const gte = dayOf(query['from'], 'from');
  const lt = dayOf(query['to'], 'to');
  return gte === undefined && lt === undefined ? {} : { createdAt: { ...(gte ? { gte } : {}), ...(lt ? { lt } : {}) } };
}

/** `YYYY-MM-DD`, or a whole time, as RFC 3339. */
export function dayOf(given: unknown, name: string): string | undefined {
  const text = textOf(given);
  if (text === undefined) return undefined;
  const time = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : /\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(text) ? `${text}Z` : text);
  if (Number.isNaN(time.getTime())) throw new Fault('invalid_request', `${name} must be a day such as 2026-01-31.`);
  return time.toISOString();
}

const orders: Record<string, string> = {
  modality: 'extra.modality',
  created_by: 'createdBy',
  created_at: 'createdAt',
  published_by: 'publishedBy',
  published_on: 'publishedAt',
  filename: 'extra.filename',
};

/** The order asked for, else that of arrival, in which pages stay as they are while more arrives. */
export function resourceSort(query: Query): SortKey[] {
  const given = textOf(query['order_field']);
  const direction = query['order_by_asc'] === undefined || isTrue(query['order_by_asc']) ? 'asc' : 'desc';
  const field = given === undefined ? undefined : orders[given];
  return field === undefined ? [{ field: 'id', direction }] : [{ field, direction }];
}

/** The collections that `project` asks for, as one filter on one dataset. */
export function projectFilter(collections: readonly (Collection | undefined)[], every: boolean): { datasetId: string; filter: Filter } | undefined {
  const found = collections.filter((one) => one !== undefined);
  const [first] = found;
  if (!first || (every && found.length < collections.length)) return undefined;
  const together = found.filter((one) => one.datasetId === first.datasetId);
  if (every && together.length < found.length) return undefined;
  const filters = together.map((one) => one.filter);
  return { datasetId: first.datasetId, filter: every ? { and: filters } : { or: filters } };
}
