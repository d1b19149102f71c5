/** Limits of user metadata. */
export const metadataLimits = { maxBytes: 1_048_576, maxDepth: 32, maxKeys: 10_000 };

/** What is wrong with metadata, or undefined: too large, too deep, too many keys, or a key that JavaScript would misuse. */
export function metadataFault(metadata: Record<string, unknown>): string | undefined {
  let keys = 0;
  function walk(value: unknown, depth: number): string | undefined {
    if (typeof value === 'string' && value.includes('\u0000')) return 'The metadata must not contain NUL characters.';
    if (typeof value !== 'object' || value === null) return undefined;
    if (depth > metadataLimits.maxDepth) return `The metadata must be at most ${metadataLimits.maxDepth} levels deep.`;
    for (const [key, inner] of Object.entries(value)) {
      if (!Array.isArray(value)) {
        keys += 1;
        if (keys > metadataLimits.maxKeys) return `The metadata must have at most ${metadataLimits.maxKeys.toLocaleString('en')} keys.`;
        if (key === '__proto__') return 'The metadata must not contain the key "__proto__".';
        if (key.includes('\u0000')) return 'The metadata must not contain NUL characters.';
      }
      const fault = walk(inner, depth + 1);
      if (fault) return fault;
    }
    return undefined;
  }
  const fault = walk(metadata, 1);
  if (fault) return fault;
  const bytes = Buffer.byteLength(JSON.stringify(metadata));
  if (bytes > metadataLimits.maxBytes) {
    return `The metadata must have at most ${metadataLimits.maxBytes.toLocaleString('en')} bytes, has ${bytes.toLocaleString('en')}.`;
  }
  return undefined;
}

/** JSON Merge Patch (RFC 7396): objects merge depth first, null removes a key, everything else replaces. */
export function mergeMetadata(target: Record<string, unknown>, patch: Record<string, unknown>): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else if (isObject(value)) merged[key] = mergeMetadata(isObject(merged[key]) ? merged[key] : {}, value);
    else merged[key] = value;
  }
  return merged;
}

/** An object as it is, anything else as an empty one. */
export function asObject(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
