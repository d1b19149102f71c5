import type { Xy } from '@fovea/contract';

export const pictureSize = { width: 4000, height: 2500 };
export const viewSize = { width: 1280, height: 800 };
export const colors = ['#4c8dff', '#ff6b4a', '#2fbf71', '#c264ff', '#ffb020', '#12b5cb'] as const;

export interface BenchPolygon {
  readonly points: Xy[];
  readonly label: string;
  readonly color: string;
}

/** Ten-cornered polygons all over the picture, the same ones on every run. */
export function makePolygons(count: number): BenchPolygon[] {
  const random = seeded(20_240_607);
  return Array.from({ length: count }, (_, index) => {
    const [cx, cy] = [random() * pictureSize.width, random() * pictureSize.height];
    const radius = 12 + random() * 22;
    const points = Array.from({ length: 10 }, (_, corner): Xy => {
      const away = radius * (0.7 + random() * 0.5);
      const angle = (corner / 10) * Math.PI * 2;
      return [inside(cx + away * Math.cos(angle), pictureSize.width), inside(cy + away * Math.sin(angle), pictureSize.height)];
    });
    const label = `label ${index % colors.length}`;
    return { points, label, color: colors[index % colors.length] };
  });
}

export interface BenchView {
  readonly zoom: number;
  readonly offsetX: number;
  readonly offsetY: number;
}

/** Where the view stands in each frame: pans to and fro, and zooms from all polygons in sight to a few hundred. */
export function viewAt(frame: number): BenchView {
  const fit = Math.min(viewSize.width / pictureSize.width, viewSize.height / pictureSize.height);
  const zoom = fit * Math.exp(0.65 + 0.65 * Math.sin(frame / 40 - Math.PI / 2));
  const centerX = pictureSize.width * (0.5 + 0.22 * Math.sin(frame / 31));
  const centerY = pictureSize.height * (0.5 + 0.22 * Math.cos(frame / 23));
  return { zoom, offsetX: viewSize.width / 2 - centerX * zoom, offsetY: viewSize.height / 2 - centerY * zoom };
}

/** A picture with something to see in it, so that drawing it costs what drawing a photo costs. */
export function makePicture(): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = pictureSize.width;
  canvas.height = pictureSize.height;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  const random = seeded(7);
  context.fillStyle = '#5b6b57';
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (let blot = 0; blot < 4000; blot++) {
    context.fillStyle = `hsl(${Math.floor(random() * 120)} 20% ${Math.floor(25 + random() * 40)}%)`;
    context.fillRect(random() * canvas.width, random() * canvas.height, random() * 120, random() * 120);
  }
  return canvas;
}

function inside(value: number, end: number): number {
  return Math.min(end, Math.max(0, value));
}

/** Mulberry32 (T. Ettinger, 2017): small, and the same everywhere. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}
