import { eventTypes, eventWildcards } from '@fovea/contract';
import { editDistance } from '@fovea/geometry';
import { Fault } from '../../fault.ts';

const known = ['*', ...eventWildcards, ...eventTypes];
const knownSet = new Set(known);
const suggestions = 3;

/** Refuses filters that no event would ever meet, such as a misspelled type: says which are near. */
export function needEventTypes(wanted: readonly string[] | undefined): void {
  const errors = (wanted ?? []).flatMap((type, index) => (knownSet.has(type) ? [] : [{ path: `body.events.${index}`, message: `"${type}" is no type of event; near are ${nearest(type).join(', ')}` }]));
  if (errors.length > 0) throw new Fault('invalid_request', errors.map(({ path, message }) => `${path}: ${message}`).join('; '), { errors });
}

function nearest(type: string): string[] {
  const [thing = ''] = type.split('.');
  // Those of the same thing come first: `task.finished` is near to nothing by its letters.
  const distance = (one: string) => editDistance(type, one) + (one.startsWith(`${thing}.`) ? 0 : 2);
  return known.filter((one) => one !== '*').toSorted((a, b) => distance(a) - distance(b)).slice(0, suggestions);
}
