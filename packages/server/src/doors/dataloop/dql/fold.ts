import type { Filter } from '@fovea/contract';

/** What a filter comes to whatever the rows: true, false, or undefined when it depends on them. */
export function verdict(filter: Filter): boolean | undefined {
  const parts = Object.entries(filter).map(([key, value]): boolean | undefined => {
    if (key === 'and' || key === 'or') {
      const inner = (value as Filter[]).map(verdict);
      const decisive = key === 'or';
      if (inner.includes(decisive)) return decisive;
      return inner.every((one) => one === !decisive) ? !decisive : undefined;
    }
    if (key === 'not') {
      const inner = verdict(value as Filter);
      return inner === undefined ? undefined : !inner;
    }
    return undefined;
  });
  if (parts.includes(false)) return false;
  return parts.every((part) => part === true) ? true : undefined;
}
