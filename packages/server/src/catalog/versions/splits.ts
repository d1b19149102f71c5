import { createHash } from 'node:crypto';
import type { VersionSplits } from '@fovea/contract';

/** What of an item decides over its part. */
export interface Splittable {
  path: string;
  sha256: string;
  channel?: string | null | undefined;
  metadata?: Record<string, unknown> | undefined;
}

/**
 * The part that an item comes into: the first 48 bits of SHA-256 over seed and group, as a fraction, fall into the shares laid end to end.
 * Nothing else decides, so an item keeps its part when others come or go. An item without the group's value is a group of its own.
 */
export function splitOf(splits: VersionSplits | null, item: Splittable): string | null {
  if (splits === null) return null;
  const group = groupOf(splits.groupBy, item);
  const digest = createHash('sha256').update(JSON.stringify([splits.seed, group])).digest();
  const fraction = digest.readUIntBE(0, 6) / 2 ** 48;
  let end = 0;
  for (const part of splits.parts) {
    end += part.share;
    if (fraction < end) return part.name;
  }
  return splits.parts.at(-1)?.name ?? null;
}

function groupOf(groupBy: string, item: Splittable): unknown {
  if (groupBy === 'folder') return item.path.slice(0, item.path.lastIndexOf('/')) || '/';
  if (groupBy === 'sha256') return item.sha256;
  if (groupBy === 'channel') return item.channel ?? { path: item.path };
  if (!groupBy.startsWith('metadata.')) return { path: item.path };
  let value: unknown = item.metadata;
  for (const key of groupBy.split('.').slice(1)) {
    value = typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
  }
  return value === undefined || value === null ? { path: item.path } : value;
}
