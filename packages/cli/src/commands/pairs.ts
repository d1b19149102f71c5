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
    out[name] = /^\s*[[{]/.test(value) ? json(name, value) : value;
  }
  return out;
}

function json(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--param ${name} is not valid JSON: ${(error as Error).message}`);
  }
}
