import { badParameter } from './errors.ts';

const form = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s*(Z|[+-]\d{2}:?\d{2})?)?$/i;

/**
 * A time as the clients write it: a day (midnight UTC), or a day and a time with `T` or a space between them, without a zone (UTC), with
 * `Z` or with an offset. Gives RFC 3339 in UTC; throws a fault that names the parameter.
 */
export function readTime(name: string, text: string): string {
  const [, day, time = '00:00:00', zone = 'Z'] = form.exec(text.trim()) ?? [];
  const date = day === undefined ? undefined : new Date(`${day}T${time}${zone.toUpperCase()}`);
  // A day that the month does not have would be read as one of the next.
  const exists = day !== undefined && new Date(`${day}T00:00:00Z`).toJSON()?.startsWith(day);
  if (!date || !exists || Number.isNaN(date.getTime())) throw badParameter(name, 'must be an ISO 8601 time such as 2021-06-17T21:46:36.359Z');
  return date.toISOString();
}
