import type { ObjectMatch, ObjectQuery } from '../../catalog/items/objects-store.ts';
import { Fault } from '../../fault.ts';
import { attributeOf, attributes } from './attributes.ts';

const maxLimit = 1_000;
/** Parameters that say nothing about what is matched. */
const other = new Set(['limit', 'offset', 'includefield', 'fuzzymatching', 'emptyvaluematching', 'multiplevaluematching', 'dataset']);

/** Reads the query of a search (PS3.18 section 8.3.4). Faults name a parameter that is not known. */
export function readSearch(query: Record<string, string | string[] | undefined>): Pick<ObjectQuery, 'matches' | 'limit' | 'offset'> {
  const matches: ObjectMatch[] = [];
  for (const [name, given] of Object.entries(query)) {
    if (other.has(name.toLowerCase())) continue;
    const attribute = attributeOf(name);
    const key = attribute?.keyword === 'ModalitiesInStudy' ? 'modality' : attribute?.key;
    if (!attribute || key === undefined) {
      throw new Fault('invalid_request', `"${name.slice(0, 100)}" cannot be matched; known are ${attributes.filter((one) => one.key !== undefined).map((one) => one.keyword).join(', ')}.`);
    }
    const text = Array.isArray(given) ? given.join(',') : (given ?? '');
    if (text === '' || text === '*') continue;
    matches.push({ key, ...matchOf(attribute.vr, text) });
  }
  return { matches, limit: whole(query, 'limit', maxLimit, 1, maxLimit), offset: whole(query, 'offset', 0, 0, 10_000_000) };
}

function matchOf(vr: string, text: string): Omit<ObjectMatch, 'key'> {
  if ((vr === 'DA' || vr === 'TM') && text.includes('-')) {
    const [from = '', to = ''] = text.split('-');
    return { ...(from === '' ? {} : { from }), ...(to === '' ? {} : { to: `${to}\uffff` }) };
  }
  if (vr === 'UI') return { values: text.split(/[,\\]/).map((uid) => uid.trim()) };
  if (vr === 'PN') return { wildcard: /[*?]/.test(text) ? text : `${text}*`, ignoreCase: true };
  if (/[*?]/.test(text)) return { wildcard: text };
  return { values: [text] };
}

function whole(query: Record<string, string | string[] | undefined>, name: string, fallback: number, min: number, max: number): number {
  const text = query[name];
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < min) throw new Fault('invalid_request', `${name} must be a whole number from ${min}.`);
  return Math.min(value, max);
}
