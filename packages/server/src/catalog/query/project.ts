import { fault, unknownField } from './compile.ts';
import type { Entity } from './entity.ts';

/** The fields asked for, of a whole row; `metadata.a.b` gives the value at the path. All fields without a choice. */
export function project<T extends object>(row: T, fields: readonly string[] | undefined, entity: Entity): Partial<T> {
  if (fields === undefined) return row;
  const picked: Record<string, unknown> = {};
  for (const [index, name] of fields.entries()) {
    const [column = '', ...path] = name.split('.');
    if (path.length === 0 && Object.hasOwn(row, name)) picked[name] = (row as Record<string, unknown>)[name];
    else if (path.length > 0 && Object.hasOwn(entity.json, column)) picked[name] = at((row as Record<string, unknown>)[column], path);
    else if (!Object.hasOwn(entity.fields, name) && !Object.hasOwn(entity.json, column)) throw unknownField(entity, name, `fields[${index}]`);
    else if (path.length > 0) throw fault(`fields[${index}]`, `"${name}" is not a path into JSON`);
  }
  return picked as Partial<T>;
}

function at(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return null;
    current = (current as Record<string, unknown>)[key];
  }
  return current ?? null;
}
