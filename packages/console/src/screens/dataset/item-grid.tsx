import type { Item } from '@fovea/contract';
import { useElementSize } from '@mantine/hooks';
import { elementScroll, observeElementOffset, useVirtualizer } from '@tanstack/react-virtual';
import { useNavigate, useRouter } from '@tanstack/react-router';
import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent } from 'react';
import type { ItemSearch } from '../../api/item-filter.ts';
import { texts } from '../../texts.ts';
import type { ItemList } from './item-list.ts';
import { useItemList } from './item-list.ts';
import classes from './item-grid.module.css';
import { ItemTile } from './item-tile.tsx';
import { scrollMap } from './scroll-map.ts';
import type { Selection } from './selection.ts';

const gap = 10;
const captionHeight = 26;
const padding = 20;
const paddingStart = 4;

export interface ItemGridProps {
  list: ItemList;
  search: ItemSearch;
  /** Side of a tile in pixels, at least. */
  tileSize: number;
  selection: Selection | undefined;
  /** How many there are in all, where that is known before the end was seen. */
  total: number | undefined;
  onRange: (first: number, last: number) => void;
}

/** Thumbnails of a list, of which only the rows near the window are in the page. */
export const ItemGrid = memo(function ItemGrid({ list, search, tileSize, selection, total, onRange }: ItemGridProps) {
  const pages = useItemList(list);
  const scroller = useRef<HTMLDivElement>(null);
  const { ref: sizer, width } = useElementSize();
  // Two beside each other even on a telephone.
  const columns = Math.max(width < 300 ? 1 : 2, Math.floor((width + gap) / (tileSize + gap)));
  const side = width > 0 ? Math.floor((width - gap * (columns - 1)) / columns) : tileSize;
  // What is not known yet is as long as one page, or as what is left.
  const unknown = pages.complete ? 0 : Math.min(pages.pageSize, Math.max(columns, (total ?? Number.POSITIVE_INFINITY) - pages.length));
  const count = pages.length + unknown;

  const rowCount = Math.ceil(count / columns);
  const rowHeight = Math.round(side * 0.75) + captionHeight + gap;
  const viewHeight = scroller.current?.clientHeight ?? 0;
  const map = useMemo(() => scrollMap(paddingStart + rowCount * rowHeight + padding, viewHeight), [rowCount, rowHeight, viewHeight]);
  const latest = useRef(map);
  latest.current = map;
  const virtual = useVirtualizer({
    count: rowCount,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    observeElementOffset: (instance, report) => observeElementOffset(instance, (top, isScrolling) => report(latest.current.toList(top), isScrolling)),
    scrollToFn: (offset, { adjustments = 0, behavior }, instance) => elementScroll(latest.current.toBar(offset + adjustments), { behavior }, instance),
    overscan: 2,
    paddingStart,
    paddingEnd: padding,
  });
  /** Brings a row to the top, or just into the window. */
  const scrollToRow = (row: number, where: 'top' | 'near') => {
    const view = scroller.current;
    if (!view) return;
    const [at, start] = [latest.current.toList(view.scrollTop), where === 'top' ? row * rowHeight : paddingStart + row * rowHeight];
    if (where === 'top' || start < at) view.scrollTop = latest.current.toBar(Math.max(0, start));
    else if (start + rowHeight > at + view.clientHeight) view.scrollTop = latest.current.toBar(start + rowHeight - view.clientHeight);
  };
  const rows = virtual.getVirtualItems();
  const first = (rows[0]?.index ?? 0) * columns;
  const last = ((rows.at(-1)?.index ?? 0) + 1) * columns - 1;

  useEffect(() => virtual.measure(), [virtual, rowHeight]);
  // Before the rows are painted without what is in them: a frame sooner.
  useLayoutEffect(() => {
    if (width > 0) pages.show(first, last);
  }, [pages, first, last, width, pages.length]);

  const visible = virtual.range;
  const from = (visible?.startIndex ?? 0) * columns;
  const to = Math.min(((visible?.endIndex ?? 0) + 1) * columns, pages.length);
  useEffect(() => onRange(from, to), [onRange, from, to]);

  // Where one was, when coming back from an item; and the same item when tiles change their size.
  const anchored = useRef('');
  useLayoutEffect(() => {
    const key = `${list.key} ${columns}`;
    if (width === 0 || anchored.current === key) return;
    anchored.current = key;
    scrollToRow(Math.floor(list.anchor / columns), 'top');
  }, [virtual, list, columns, width]);
  useEffect(() => {
    if (anchored.current === `${list.key} ${columns}` && visible) list.anchor = from;
  }, [list, columns, from, visible]);

  const keyboard = useGridKeys({ columns, length: pages.length, reveal: (index) => scrollToRow(Math.floor(index / columns), 'near'), item: (index) => pages.item(index), selection });

  const links = useItemLinks(search);
  // How far the list is ahead of the scroll bar.
  const ahead = (virtual.scrollOffset ?? 0) - map.toBar(virtual.scrollOffset ?? 0);
  return (
    <div ref={scroller} className={classes['scroller']} data-grid>
      <div ref={sizer} className={classes['sizer']} style={{ height: map.height }} role="list" aria-label={texts.dataset.grid} onKeyDown={keyboard.onKeyDown} onFocus={keyboard.onFocus} onClick={links.onClick}>
        {rows.map((row) => (
          <div key={row.key} className={classes['row']} role="presentation" style={{ transform: `translateY(${row.start - ahead}px)`, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, gap }}>
            {Array.from({ length: columns }, (_, column) => row.index * columns + column)
              .filter((index) => index < count)
              .map((index) => (
                <ItemTile key={index} index={index} item={pages.item(index)} query={links.query} height={Math.round(side * 0.75)} focusable={index === keyboard.active} size={pages.complete ? pages.length : -1} selection={selection} />
              ))}
          </div>
        ))}
      </div>
    </div>
  );
});

/** Links of the tiles, made once for all: a link component in each would cost more than all else in it. */
function useItemLinks(search: ItemSearch) {
  const router = useRouter();
  const navigate = useNavigate();
  const query = useMemo(() => router.buildLocation({ to: '/items/$itemId', params: { itemId: 'x' }, search }).searchStr, [router, search]);
  const onClick = (event: MouseEvent) => {
    const itemId = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-item]')?.dataset['item'] : undefined;
    if (itemId === undefined || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void navigate({ to: '/items/$itemId', params: { itemId }, search });
  };
  return { query, onClick };
}

interface GridKeys {
  columns: number;
  length: number;
  reveal: (index: number) => void;
  item: (index: number) => Item | undefined;
  selection: Selection | undefined;
}

/** One tab stop for the whole grid; arrows go about in it, space selects. */
function useGridKeys({ columns, length, reveal, item, selection }: GridKeys) {
  const [active, setActive] = useState(0);
  const goal = useRef<number | undefined>(undefined);
  // After the row of the goal has been rendered.
  useEffect(() => {
    if (goal.current === undefined) return;
    const link = document.querySelector<HTMLElement>(`[data-tile="${goal.current}"]`);
    if (!link) return;
    goal.current = undefined;
    link.focus({ preventScroll: true });
  });
  const indexOf = (target: EventTarget) => Number((target instanceof Element ? target.closest<HTMLElement>('[data-tile]') : null)?.dataset['tile'] ?? Number.NaN);
  return {
    active: Math.min(active, Math.max(0, length - 1)),
    onFocus(event: { target: EventTarget }) {
      const index = indexOf(event.target);
      if (!Number.isNaN(index)) setActive(index);
    },
    onKeyDown(event: KeyboardEvent) {
      const index = indexOf(event.target);
      if (Number.isNaN(index) || event.ctrlKey || event.metaKey || event.altKey) return;
      const found = item(index);
      if (event.key === ' ' && selection && found) {
        event.preventDefault();
        selection.toggle(found, index, event.shiftKey);
        return;
      }
      const moves: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: -index, End: length - 1 - index };
      const move = moves[event.key];
      if (move === undefined) return;
      event.preventDefault();
      const next = index + move;
      if (next < 0 || next >= length) return;
      goal.current = next;
      setActive(next);
      reveal(next);
    },
  };
}
