/** An object out of JSON. */
export type Json = Record<string, unknown>;

/** A value as an object; undefined when it is none. */
export function asJson(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** The objects of a list; none of anything else. */
export function asJsons(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(asJson).filter((entry) => entry !== undefined) : [];
}

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
