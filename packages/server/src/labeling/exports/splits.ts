import type { Item } from '@fovea/contract';
import { splitOf as drawnSplit } from '../../catalog/versions/splits.ts';
import type { StoredRequest } from './store.ts';

/** Which part an item belongs to; undefined for none. */
export function splitOf(item: Pick<Item, 'path' | 'sha256' | 'metadata' | 'labels' | 'channel'>, rule: StoredRequest['splits']): string | undefined {
  switch (rule.by) {
    case 'none':
      return undefined;
    case 'metadata': {
      const value = item.metadata[rule.field];
      return typeof value === 'string' && value !== '' ? value : undefined;
    }
    case 'label':
      return rule.labels.find((label) => item.labels.includes(label));
    case 'folder':
      return /^\/([^/]+)\//.exec(item.path)?.[1];
    case 'share':
      return drawnSplit(rule.splits, item) ?? undefined;
  }
}
