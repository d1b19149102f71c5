/**
 * Takes the place of zod in the browser's bundle, where it would be a fifth of the first load. The SDK reads of an operation its method, path
 * and whether it has a query and a body; the schemas themselves are looked at by the server only. What describes a schema works here and
 * gives nothing; what would check a value throws.
 */
const checks = new Set<PropertyKey>(['parse', 'safeParse', 'parseAsync', 'safeParseAsync', 'spa', 'decode', 'encode', 'safeDecode', 'safeEncode', 'toJSONSchema', '_zod', '~standard']);

/** A member of `z` or of a schema: called it gives a schema, and it has members itself (`z.iso.date`). */
const member: object = new Proxy(() => schema, { apply: () => schema, get: (_target, name) => read(name) });
/** A schema: an object, as the SDK tells schemas from the names of transfers by that. */
const schema: object = new Proxy({}, { get: (_target, name) => read(name) });

function read(name: PropertyKey): unknown {
  if (checks.has(name)) throw new Error(`The console has no schemas to check values with (${String(name)}); the platform checks them.`);
  // Symbols are asked for by the language: to print, to iterate, to spread.
  return typeof name === 'symbol' ? undefined : member;
}

export const z = member;
export default member;
