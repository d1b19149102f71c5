import type { Filter } from '@fovea/contract';
import { UsageError } from '../failure.ts';

/** Options of the form `name=value`, which may be repeated, by name. UsageError where there is no `=`. */
export function pairs(option: string, given: readonly string[] = []): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const text of given) {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError(`--${option} takes NAME=VALUE, not "${text}".`);
    const name = text.slice(0, at);
    found.set(name, [...(found.get(name) ?? []), text.slice(at + 1)]);
  }
  return found;
}

/** The same where each name is given once; the value is JSON where it looks like an array or object, else the text. */
export function parameterPairs(given: readonly string[] = []): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, [value = '', ...more]] of pairs('param', given)) {
    if (more.length > 0) throw new UsageError(`--param ${name} is given more than once.`);
    out[name] = /^\s*[[{]/.test(value) ? json(`--param ${name}`, value) : value;
  }
  return out;
}

/** Filters of the query language by the names of what they find items for, each given once. */
export function filterPairs(given: readonly string[] = []): Record<string, Filter> {
  const out: Record<string, Filter> = {};
  for (const [name, [value = '', ...more]] of pairs('query', given)) {
    if (more.length > 0) throw new UsageError(`--query ${name} is given more than once.`);
    const filter = json(`--query ${name}`, value);
    if (typeof filter !== 'object' || filter === null || Array.isArray(filter)) throw new UsageError(`--query ${name} takes a filter such as {"kind":"image"}, not ${value}.`);
    out[name] = filter as Filter;
  }
  return out;
}

function json(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${what} is not valid JSON: ${(error as Error).message}`);
  }
}
