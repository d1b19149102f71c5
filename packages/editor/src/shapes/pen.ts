import type { GeometryOf, Xy } from '@fovea/contract';

/** What the editor needs of a drawing context; `CanvasRenderingContext2D` and its off-screen twin both have it. */
export type Context2d = Pick<
  CanvasRenderingContext2D,
  | 'arc'
  | 'beginPath'
  | 'clearRect'
  | 'clip'
  | 'closePath'
  | 'drawImage'
  | 'ellipse'
  | 'fill'
  | 'fillRect'
  | 'fillStyle'
  | 'fillText'
  | 'font'
  | 'getImageData'
  | 'globalAlpha'
  | 'globalCompositeOperation'
  | 'imageSmoothingEnabled'
  | 'imageSmoothingQuality'
  | 'lineCap'
  | 'lineDashOffset'
  | 'lineJoin'
  | 'lineTo'
  | 'lineWidth'
  | 'measureText'
  | 'moveTo'
  | 'putImageData'
  | 'rect'
  | 'restore'
  | 'save'
  | 'setLineDash'
  | 'setTransform'
  | 'stroke'
  | 'strokeRect'
  | 'strokeStyle'
  | 'textBaseline'
>;

/** The joints of a key-point shape: which points are joined by lines, and where they stand in a unit square at first. */
export interface Skeleton {
  readonly points: readonly { readonly name: string; readonly x: number; readonly y: number }[];
  readonly edges: readonly (readonly [string, string])[];
}

/** Draws the pixels of a mask; kept outside the shape, because it needs bitmaps that live longer than a call. */
export interface MaskPainter {
  paint(context: Context2d, geometry: GeometryOf<'mask'>, color: string): void;
}

/** Everything a shape needs for drawing itself. The context's unit is the image pixel. */
export interface Pen {
  readonly context: Context2d;
  /** Device pixels per image pixel: for the level of detail. */
  readonly scale: number;
  /** Image pixels. */
  readonly lineWidth: number;
  readonly pointRadius: number;
  /** CSS colour of label and line. */
  readonly color: string;
  /** 0 leaves the inside empty. */
  readonly fillOpacity: number;
  readonly skeleton: Skeleton | undefined;
  readonly masks: MaskPainter;
}

/** Fills and strokes the current path. */
export function finishPath(pen: Pen, closed: boolean): void {
  const { context } = pen;
  if (closed && pen.fillOpacity > 0) {
    context.globalAlpha = pen.fillOpacity;
    context.fill('evenodd');
    context.globalAlpha = 1;
  }
  if (pen.lineWidth > 0) context.stroke();
}

/**
 * Adds a chain to the path, leaving out vertices that lie within half a device pixel of the last drawn one (level of
 * detail: a coastline of 100,000 vertices costs what can be seen of it).
 */
export function traceChain(pen: Pen, points: readonly Xy[], closed: boolean): void {
  const { context } = pen;
  const first = points[0];
  if (!first) return;
  context.moveTo(first[0], first[1]);
  const least = points.length > 16 ? 0.5 / pen.scale : 0;
  let [lastX, lastY] = first;
  const end = points.length - 1;
  for (let index = 1; index <= end; index++) {
    const [x, y] = points[index];
    const isNear = x - lastX < least && lastX - x < least && y - lastY < least && lastY - y < least;
    if (isNear && index < end) continue;
    context.lineTo(x, y);
    lastX = x;
    lastY = y;
  }
  if (closed) context.closePath();
}

/** A dot of the pen's point radius, with a thin dark rim that keeps it visible on any picture. */
export function drawDot(pen: Pen, [x, y]: Xy, hollow = false): void {
  const { context } = pen;
  context.beginPath();
  context.arc(x, y, pen.pointRadius, 0, Math.PI * 2);
  if (!hollow) context.fill();
  context.stroke();
}
