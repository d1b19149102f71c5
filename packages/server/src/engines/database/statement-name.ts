import { createHash } from 'node:crypto';
import { raw, type Sql } from 'sql-template-tag';

/**
 * Stands in a statement whose best plan depends on its values, such as a stretch of time that may hold everything or nothing: it is planned
 * for them each time, and never prepared.
 */
export const plannedForItsValues: Sql = raw('/* planned for its values */');

/** So many statements keep a name at a time; the server holds a plan for each of them on every connection. */
const maxNames = 1_000;
/** By text, the longest unused first. */
const names = new Map<string, string>();
const seenOnce = new Set<string>();

/**
 * The name under which a statement is prepared, the same for the same text. A statement gets one when it comes a second time, so that
 * the endless variety of users' filters does not fill the server with plans that are never used again; one that falls out of use loses it.
 */
export function statementName(text: string): string | undefined {
  if (text.includes(plannedForItsValues.text)) return undefined;
  const known = names.get(text);
  if (known !== undefined) {
    names.delete(text);
    names.set(text, known);
    return known;
  }
  if (!seenOnce.has(text)) {
    if (seenOnce.size >= maxNames) seenOnce.clear();
    seenOnce.add(text);
    return undefined;
  }
  seenOnce.delete(text);
  const name = `f_${createHash('sha1').update(text).digest('base64url')}`;
  names.set(text, name);
  if (names.size > maxNames) names.delete(names.keys().next().value ?? '');
  return name;
}
