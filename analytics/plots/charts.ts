/** Small SVG charts without scripts: they are shown as images, so that nothing in them can run. */
export interface ChartTexts {
  title: string;
  x?: string;
  y?: string;
}

const size = { width: 720, height: 400 };
const frame = { left: 64, right: 20, top: 44, bottom: 56 };
const ink = '#2b2f36';
const faint = '#d9dde3';
const fill = '#4c7bd9';

export function escapeXml(text: string): string {
  return text.replace(/[<>&"'\u0000-\u001f]/g, (character) =>
    character < ' ' ? ' ' : `&#${character.codePointAt(0)};`,
  );
}

function text(content: string, at: { x: number; y: number; anchor?: string; size?: number; turn?: boolean }): string {
  const turn = at.turn === true ? ` transform="rotate(-90 ${at.x} ${at.y})"` : '';
  return `<text x="${at.x}" y="${at.y}" text-anchor="${at.anchor ?? 'middle'}" font-size="${at.size ?? 12}"${turn}>${escapeXml(content)}</text>`;
}

function sheet(texts: ChartTexts, body: string, height = size.height): string {
  const { width } = size;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `font-family="system-ui, sans-serif" fill="${ink}"><rect width="100%" height="100%" fill="#fff"/>` +
    text(texts.title, { x: width / 2, y: 26, size: 16 }) +
    (texts.x === undefined ? '' : text(texts.x, { x: (frame.left + width - frame.right) / 2, y: height - 12 })) +
    (texts.y === undefined ? '' : text(texts.y, { x: 16, y: (frame.top + height - frame.bottom) / 2, turn: true })) +
    `${body}</svg>\n`
  );
}

/** Steps of 1, 2 or 5 times a power of ten, about `count` of them up to `most`. */
export function niceTicks(least: number, most: number, count = 5): number[] {
  const span = most - least || 1;
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? power * 10;
  const ticks: number[] = [];
  for (let k = Math.ceil(least / step - 1e-9); k * step <= most + step * 1e-9; k++)
    ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}

function short(value: number): string {
  return Math.abs(value) >= 10_000
    ? `${Number((value / 1_000).toPrecision(3))}k`
    : String(Number(value.toPrecision(4)));
}

interface Axis {
  least: number;
  most: number;
  place(value: number): number;
}

function horizontal(least: number, most: number): Axis {
  const span = size.width - frame.left - frame.right;
  return { least, most, place: (value) => frame.left + ((value - least) / (most - least || 1)) * span };
}

function vertical(most: number): Axis {
  const span = size.height - frame.top - frame.bottom;
  return { least: 0, most, place: (value) => size.height - frame.bottom - (value / (most || 1)) * span };
}

function grid(y: Axis): string {
  return niceTicks(0, y.most)
    .map((tick) => {
      const at = y.place(tick);
      return `<line x1="${frame.left}" x2="${size.width - frame.right}" y1="${at.toFixed(1)}" y2="${at.toFixed(1)}" stroke="${faint}"/>${text(short(tick), { x: frame.left - 6, y: at + 4, anchor: 'end', size: 11 })}`;
    })
    .join('');
}

/** How often values fall into bins of equal width. */
export function histogramPlot(values: number[], texts: ChartTexts, bins = 30): string {
  const finite = values.filter((value) => Number.isFinite(value));
  if (finite.length === 0) return sheet(texts, text('no values', { x: size.width / 2, y: size.height / 2 }));
  const least = finite.reduce((low, value) => Math.min(low, value), Infinity);
  const most = finite.reduce((high, value) => Math.max(high, value), -Infinity);
  const span = most - least || 1;
  const counts = Array.from({ length: bins }, () => 0);
  for (const value of finite) {
    const bin = Math.min(bins - 1, Math.floor(((value - least) / span) * bins));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const x = horizontal(least, least + span);
  const y = vertical(Math.max(...counts));
  const bars = counts.map((count, bin) => {
    const left = x.place(least + (bin * span) / bins);
    const width = (size.width - frame.left - frame.right) / bins;
    return `<rect x="${(left + 0.5).toFixed(1)}" y="${y.place(count).toFixed(1)}" width="${(width - 1).toFixed(1)}" height="${(y.place(0) - y.place(count)).toFixed(1)}" fill="${fill}"/>`;
  });
  const ticks = niceTicks(least, least + span, 8).map((tick) =>
    text(short(tick), { x: x.place(tick), y: size.height - frame.bottom + 18, size: 11 }),
  );
  return sheet(texts, grid(y) + bars.join('') + ticks.join(''));
}

/** One bar per name, largest first; what does not fit is added up in a last one. */
export function barPlot(entries: [name: string, value: number][], texts: ChartTexts, maxBars = 24): string {
  const sorted = entries.toSorted((a, b) => b[1] - a[1]);
  const shown = sorted.length > maxBars ? sorted.slice(0, maxBars - 1) : sorted;
  const rest = sorted.slice(shown.length);
  const bars: [string, number][] =
    rest.length === 0 ? shown : [...shown, [`${rest.length} others`, rest.reduce((sum, [, value]) => sum + value, 0)]];
  const rowHeight = 22;
  const left = 200;
  const height = frame.top + bars.length * rowHeight + frame.bottom;
  const most = Math.max(1, ...bars.map(([, value]) => value));
  const body = bars.map(([name, value], row) => {
    const y = frame.top + row * rowHeight;
    const width = ((size.width - left - 80) * value) / most;
    const label = name.length > 28 ? `${name.slice(0, 27)}…` : name;
    return (
      text(label, { x: left - 8, y: y + 15, anchor: 'end' }) +
      `<rect x="${left}" y="${y + 3}" width="${width.toFixed(1)}" height="${rowHeight - 6}" fill="${fill}"/>` +
      text(short(value), { x: left + width + 6, y: y + 15, anchor: 'start', size: 11 })
    );
  });
  return sheet(texts, body.join(''), height);
}

/** Points, half transparent, so that heaps show. */
export function scatterPlot(points: [x: number, y: number][], texts: ChartTexts): string {
  if (points.length === 0) return sheet(texts, text('no values', { x: size.width / 2, y: size.height / 2 }));
  const mostX = points.reduce((high, [value]) => Math.max(high, value), 0);
  const mostY = points.reduce((high, [, value]) => Math.max(high, value), 0);
  const [x, y] = [horizontal(0, mostX * 1.03), vertical(mostY * 1.03)];
  const dots = points.map(
    ([px, py]) =>
      `<circle cx="${x.place(px).toFixed(1)}" cy="${y.place(py).toFixed(1)}" r="3.5" fill="${fill}" fill-opacity="0.35"/>`,
  );
  const ticks = niceTicks(0, mostX, 8).map((tick) =>
    text(short(tick), { x: x.place(tick), y: size.height - frame.bottom + 18, size: 11 }),
  );
  return sheet(texts, grid(y) + dots.join('') + ticks.join(''));
}

/** A table of counts as squares, darker for more. Rows from the top. */
export function heatPlot(table: number[][], texts: ChartTexts, names?: { rows: string[]; columns: string[] }): string {
  const rows = table.length;
  const columns = table[0]?.length ?? 0;
  const most = Math.max(1e-9, ...table.map((row) => Math.max(0, ...row)));
  const left = names === undefined ? frame.left : 150;
  const cell = Math.min((size.width - left - frame.right) / Math.max(1, columns), 320 / Math.max(1, rows), 48);
  const height = frame.top + cell * rows + (names === undefined ? 30 : 110);
  const squares = table.flatMap((row, r) =>
    row.map((value, c) => {
      const x = left + c * cell;
      const y = frame.top + r * cell;
      const label =
        names !== undefined && cell >= 22 ? text(short(value), { x: x + cell / 2, y: y + cell / 2 + 4, size: 10 }) : '';
      return `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${(cell - 0.5).toFixed(1)}" height="${(cell - 0.5).toFixed(1)}" fill="${fill}" fill-opacity="${((0.9 * value) / most + 0.04).toFixed(3)}"/>${label}`;
    }),
  );
  const clip = (name: string) => (name.length > 20 ? `${name.slice(0, 19)}…` : name);
  const rowNames = (names?.rows ?? []).map((name, r) =>
    text(clip(name), { x: left - 6, y: frame.top + (r + 0.5) * cell + 4, anchor: 'end', size: 11 }),
  );
  const columnNames = (names?.columns ?? []).map((name, c) =>
    text(clip(name), {
      x: left + (c + 0.5) * cell + 4,
      y: frame.top + rows * cell + 8,
      anchor: 'end',
      size: 11,
      turn: true,
    }),
  );
  return sheet(
    {
      title: texts.title,
      ...(texts.x === undefined ? {} : { x: texts.x }),
      ...(texts.y === undefined ? {} : { y: texts.y }),
    },
    squares.join('') + rowNames.join('') + columnNames.join(''),
    height,
  );
}

/** A strip of colours, each as wide as its share. */
export function palettePlot(
  rows: { name: string; colours: { hex: string; share: number }[] }[],
  texts: ChartTexts,
): string {
  const shown = rows.slice(0, 60);
  const rowHeight = 26;
  const left = 200;
  const width = size.width - left - frame.right;
  const body = shown.map(({ name, colours }, row) => {
    const y = frame.top + row * rowHeight;
    let x = left;
    const strips = colours.map(({ hex, share }) => {
      const strip = `<rect x="${x.toFixed(1)}" y="${y}" width="${(share * width).toFixed(1)}" height="${rowHeight - 4}" fill="${hex}"/>`;
      x += share * width;
      return strip;
    });
    return (
      text(name.length > 28 ? `${name.slice(0, 27)}…` : name, { x: left - 8, y: y + 15, anchor: 'end' }) +
      strips.join('')
    );
  });
  return sheet(texts, body.join(''), frame.top + shown.length * rowHeight + 24);
}
