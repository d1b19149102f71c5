import { Table, VisuallyHidden } from '@mantine/core';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { texts } from '../texts.ts';
import classes from './data-table.module.css';

/** One column of a table: what stands above it, and what in it. */
export interface Column<T> {
  head: string;
  cell: (row: T) => ReactNode;
  /** Of numbers and buttons. */
  align?: 'right';
  /** The heading is for screen readers only: the cells speak for themselves. */
  quiet?: boolean;
  /** What a row is called. */
  main?: boolean;
}

export interface DataTableProps<T> {
  rows: readonly T[];
  columns: readonly (Column<T> | false | undefined)[];
  keyOf: (row: T) => string | number;
  /** Narrower than this it scrolls sideways. Pixels. */
  minWidth?: number;
  /** What the table is about, for screen readers, where no heading says it. */
  label?: string;
  /** A class of rows, e.g. of those that are over. */
  rowClass?: (row: T) => string | undefined;
}

/** The frame of every table of things. */
export function DataTable<T>({ rows, columns, keyOf, minWidth = 560, label, rowClass }: DataTableProps<T>) {
  const shown = columns.filter((column) => column !== false && column !== undefined);
  const [viewport, isWide] = useIsWide();
  return (
    <Table.ScrollContainer minWidth={minWidth} scrollAreaProps={{ viewportRef: viewport, viewportProps: isWide ? { tabIndex: 0, role: 'group', 'aria-label': label ?? texts.common.table } : {} }}>
      <Table aria-label={label} className={classes['table'] ?? ''}>
        <Table.Thead>
          <Table.Tr>
            {shown.map(({ head, align, quiet }) => (
              <Table.Th key={head} ta={align}>
                {quiet ? <VisuallyHidden>{head}</VisuallyHidden> : head}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={keyOf(row)} className={rowClass?.(row)}>
              {shown.map(({ head, cell, align, main }) => (
                <Table.Td key={head} ta={align} fw={main ? 560 : undefined} data-main={main === true} data-right={align === 'right'}>
                  {cell(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** Whether what is in an element is wider than it: then it must be reached by keys, which scroll it. */
function useIsWide() {
  const ref = useRef<HTMLDivElement>(null);
  const [isWide, setIsWide] = useState(false);
  useEffect(() => {
    const { current } = ref;
    if (!current) return undefined;
    const observer = new ResizeObserver(() => setIsWide(current.scrollWidth > current.clientWidth));
    observer.observe(current);
    for (const child of current.children) observer.observe(child);
    return () => observer.disconnect();
  }, []);
  return [ref, isWide] as const;
}
