import type { Item } from '@fovea/contract';
import { IconAlertTriangle, IconArchive, IconCircleCheckFilled } from '@tabler/icons-react';
import { memo, useState } from 'react';
import { thumbnailUrl } from '../../api/items.ts';
import { texts } from '../../texts.ts';
import { formatDuration } from '../../ui/format.ts';
import { KindIcon } from '../../ui/kind-icon.tsx';
import classes from './item-tile.module.css';
import type { Selection } from './selection.ts';

export interface ItemTileProps {
  index: number;
  /** Undefined while its page is on the way. */
  item: Item | undefined;
  /** The filters as they stand in the address, with the question mark; empty without any. */
  query: string;
  height: number;
  focusable: boolean;
  /** Length of the list, -1 while unknown: both as ARIA wants it. */
  size: number;
  selection: Selection | undefined;
}

/** One item of the grid. */
export const ItemTile = memo(function ItemTile({ index, item, query, height, focusable, size, selection }: ItemTileProps) {
  if (!item) return <div className={classes['tile']} role="listitem" aria-setsize={size} aria-posinset={index + 1} aria-busy style={{ height }} />;
  const selected = selection?.has(item.id) ?? false;
  const tabIndex = focusable ? 0 : -1;
  return (
    <div className={classes['tile']} role="listitem" aria-setsize={size} aria-posinset={index + 1} data-selected={selected}>
      <a href={`/items/${item.id}${query}`} className={classes['link']} data-tile={index} data-item={item.id} tabIndex={tabIndex} title={item.path}>
        <div className={classes['frame']} style={{ height }} data-pending={item.probe === 'pending'}>
          <Picture item={item} />
          <Marks item={item} />
        </div>
        <div className={classes['caption']}>{item.name}</div>
      </a>
      {selection && (
        // The browser's own: there are many of them, and one of the library's costs more than all else in a tile.
        <input
          type="checkbox"
          className={classes['check']}
          aria-label={texts.dataset.select(item.name)}
          checked={selected}
          tabIndex={tabIndex}
          onChange={(event) => selection.toggle(item, index, event.nativeEvent instanceof PointerEvent || event.nativeEvent instanceof MouseEvent ? event.nativeEvent.shiftKey : false)}
        />
      )}
    </div>
  );
});

function Picture({ item }: { item: Item }) {
  const src = thumbnailUrl(item);
  // What could not be shown, so that new content is tried anew.
  const [broken, setBroken] = useState('');
  if (item.hasThumbnail && broken !== src) return <img className={classes['picture']} src={src} alt="" loading="lazy" decoding="async" draggable={false} onError={() => setBroken(src)} />;
  if (item.probe === 'failed') {
    return (
      <div className={classes['fault']} title={item.problem ?? undefined}>
        <IconAlertTriangle size={26} stroke={1.4} aria-hidden />
        <span>{texts.dataset.failedTile}</span>
      </div>
    );
  }
  return <KindIcon kind={item.kind} size={34} stroke={1.1} className={classes['symbol'] ?? ''} />;
}

function Marks({ item }: { item: Item }) {
  const facts = [item.durationSeconds !== null ? formatDuration(item.durationSeconds) : undefined, item.frames !== null && item.frames > 1 && item.durationSeconds === null ? `${item.frames} ×` : undefined];
  const shown = item.kind === 'image' ? facts.filter(Boolean) : [texts.dataset.kinds[item.kind], ...facts.filter(Boolean)];
  return (
    <>
      {shown.length > 0 && <span className={classes['facts']}>{shown.join(' ')}</span>}
      {item.status === 'published' && <IconCircleCheckFilled size={17} className={classes['published']} role="img" aria-label={texts.dataset.statuses.published} />}
      {item.status === 'archived' && <IconArchive size={17} className={classes['archived']} role="img" aria-label={texts.dataset.statuses.archived} />}
    </>
  );
}
