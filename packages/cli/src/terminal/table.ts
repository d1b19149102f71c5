import { cut, pad, plain, widthOf } from './text.ts';
import type { Style } from './style.ts';

/** One column of a table of things. */
export interface Column<T> {
  name: string;
  value(row: T): string | number | null;
  align?: 'left' | 'right';
}

const gap = '  ';
/** Columns are not cut below this. */
const minWidth = 8;

/** Aligned lines with a header; the widest columns give way when the whole is wider than the terminal. */
export function renderTable<T>(rows: readonly T[], columns: readonly Column<T>[], options: { style: Style; maxWidth?: number | undefined }): string[] {
  const cells = rows.map((row) => columns.map((column) => plain(String(column.value(row) ?? '–'))));
  const widths = columns.map((column, index) => Math.max(widthOf(column.name), ...cells.map((line) => widthOf(line[index] ?? ''))));
  if (options.maxWidth !== undefined) narrow(widths, options.maxWidth);
  const line = (texts: readonly string[]) =>
    texts
      .map((text, index) => {
        const width = widths[index] ?? 0;
        return pad(cut(text, width), width, columns[index]?.align);
      })
      .join(gap)
      .trimEnd();
  return [options.style.dim(line(columns.map((column) => column.name))), ...cells.map(line)];
}

function narrow(widths: number[], maxWidth: number): void {
  const total = () => widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1);
  while (total() > maxWidth) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] ?? 0;
    if (width <= minWidth) return;
    widths[widest] = width - 1;
  }
}

/** Lines of `name  value`, for one thing. */
export function renderFacts(facts: readonly (readonly [string, string | number | null | undefined])[], style: Style): string[] {
  const shown = facts.filter(([, value]) => value !== undefined && value !== null && value !== '');
  const width = Math.max(0, ...shown.map(([name]) => widthOf(name)));
  return shown.map(([name, value]) => `${style.dim(pad(name, width))}${gap}${plain(String(value))}`);
}
