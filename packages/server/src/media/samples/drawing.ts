import type { AnnotationContent, Attributes, Xy } from '@fovea/contract';
import { css, type Rgb } from './colour.ts';
import { areaOf, type Bounds, boundsOf, clipToPicture, curve, type Outline, pathData, round } from './outline.ts';

export type Stop = readonly [offset: number, colour: Rgb, opacity?: number];

/** Collects the shapes of one layer as SVG. */
export class Layer {
  private readonly shapes: string[] = [];
  private readonly definitions: string[] = [];

  add(markup: string): void {
    this.shapes.push(markup);
  }

  paint(outline: Outline | readonly Outline[], colour: Rgb | string, opacity = 1): void {
    const rings = isOne(outline) ? [outline] : outline;
    const fill = typeof colour === 'string' ? colour : css(colour);
    this.add(`<path d="${pathData(...rings)}" fill="${fill}" fill-rule="evenodd"${opacity === 1 ? '' : ` fill-opacity="${round(opacity * 10) / 10}"`}/>`);
  }

  stroke(line: readonly Xy[], colour: Rgb, width: number, opacity = 1): void {
    const points = line.map(([x, y]) => `${round(x)},${round(y)}`).join(' ');
    this.add(`<polyline points="${points}" fill="none" stroke="${css(colour)}" stroke-opacity="${opacity}" stroke-width="${round(width)}" stroke-linecap="round" stroke-linejoin="round"/>`);
  }

  /** A stroke that bends softly through its points. */
  bend(points: readonly Xy[], colour: Rgb, width: number, opacity = 1): void {
    this.stroke(curve(points), colour, width, opacity);
  }

  ellipse(at: { cx: number; cy: number; rx: number; ry?: number; angle?: number }, paint: Rgb | string, opacity = 1): void {
    const { cx, cy, rx, ry = rx, angle = 0 } = at;
    const turn = angle === 0 ? '' : ` transform="rotate(${round((angle * 180) / Math.PI)} ${round(cx)} ${round(cy)})"`;
    const fill = typeof paint === 'string' ? paint : css(paint);
    this.add(`<ellipse cx="${round(cx)}" cy="${round(cy)}" rx="${round(rx)}" ry="${round(ry)}" fill="${fill}" fill-opacity="${opacity}"${turn}/>`);
  }

  rect(at: { x: number; y: number; width: number; height: number; radius?: number }, paint: Rgb | string, opacity = 1): void {
    const fill = typeof paint === 'string' ? paint : css(paint);
    const { x, y, width, height, radius = 0 } = at;
    this.add(`<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${round(radius)}" fill="${fill}" fill-opacity="${opacity}"/>`);
  }

  /** A fill from one point to another, in parts of the shape's own box. */
  linear(stops: readonly Stop[], from: Xy = [0, 0], to: Xy = [0, 1]): string {
    return this.define((id) => `<linearGradient id="${id}" x1="${from[0]}" y1="${from[1]}" x2="${to[0]}" y2="${to[1]}">${stopMarkup(stops)}</linearGradient>`);
  }

  /** A fill about a centre, in parts of the shape's own box. */
  radial(stops: readonly Stop[], centre: Xy = [0.5, 0.5], radius = 0.5): string {
    return this.define((id) => `<radialGradient id="${id}" cx="${centre[0]}" cy="${centre[1]}" r="${radius}">${stopMarkup(stops)}</radialGradient>`);
  }

  /** A dark patch that fades out: what an object does to the ground that it stands on. */
  shadow(at: { cx: number; cy: number; rx: number; ry: number }, opacity = 0.5): void {
    const dark: Rgb = [10, 12, 25];
    this.ellipse(at, this.radial([[0, dark, opacity], [0.55, dark, opacity * 0.6], [1, dark, 0]]));
  }

  toSvg(width: number, height: number, scale = 1): Buffer {
    const size = `width="${Math.round(width * scale)}" height="${Math.round(height * scale)}" viewBox="0 0 ${width} ${height}"`;
    return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" ${size}><defs>${this.definitions.join('')}</defs>${this.shapes.join('')}</svg>`);
  }

  private define(markup: (id: string) => string): string {
    const id = `d${this.definitions.length}`;
    this.definitions.push(markup(id));
    return `url(#${id})`;
  }
}

function isOne(outline: Outline | readonly Outline[]): outline is Outline {
  return typeof outline[0]?.[0] === 'number';
}

function stopMarkup(stops: readonly Stop[]): string {
  return stops.map(([offset, colour, opacity]) => `<stop offset="${offset}" stop-color="${css(colour)}"${opacity === undefined ? '' : ` stop-opacity="${round(opacity * 100) / 100}"`}/>`).join('');
}

interface Told {
  readonly label: string;
  readonly kind: 'box' | 'polygon';
  readonly outline: Outline;
  readonly holes: readonly Outline[];
  readonly attributes: Attributes;
  readonly group?: string;
}

/** What was drawn, in the order in which it was, so that what hides what can be told. */
export class Truth {
  private readonly told: Told[] = [];
  readonly width: number;
  readonly height: number;
  /** Square pixels; what shows less of itself is not told. */
  readonly leastArea: number;

  constructor(width: number, height: number, leastArea = 60) {
    this.width = width;
    this.height = height;
    this.leastArea = leastArea;
  }

  box(label: string, outline: Outline, attributes: Attributes = {}): void {
    this.told.push({ label, kind: 'box', outline, holes: [], attributes });
  }

  polygon(label: string, outline: Outline, more: { attributes?: Attributes; holes?: readonly Outline[] } = {}): void {
    this.told.push({ label, kind: 'polygon', outline, holes: more.holes ?? [], attributes: more.attributes ?? {} });
  }

  /** Everything that can be seen: cut at the edges, what is hidden left out, what is partly hidden marked. */
  annotations(): AnnotationContent[] {
    const boxes = this.told.map(({ outline }) => boundsOf(outline));
    return this.told.flatMap((one, index) => {
      const visible = clipToPicture(one.outline, this.width, this.height);
      if (visible.length < 3 || areaOf(visible) < 0.15 * areaOf(one.outline) || areaOf(visible) < this.leastArea) return [];
      const own = boundsOf(visible);
      const covered = Math.max(0, ...boxes.slice(index + 1).map((box) => coveredShare(own, box)));
      if (covered > 0.85) return [];
      const isTruncated = areaOf(visible) < 0.999 * areaOf(one.outline);
      const attributes = { ...one.attributes, occluded: covered > 0.2, truncated: isTruncated };
      return [{ ...blank, type: one.kind, label: one.label, geometry: geometryOf(one, visible, own), attributes }];
    });
  }
}

const blank = { frame: null, endFrame: null, confidence: null, source: 'human' as const };

function geometryOf(one: Told, visible: readonly Xy[], { left, top, right, bottom }: Bounds): AnnotationContent['geometry'] {
  if (one.kind === 'box') return { type: 'box', x: round(left), y: round(top), width: round(right - left), height: round(bottom - top) };
  const ring = (points: readonly Xy[]): Xy[] => points.map(([x, y]) => [round(x), round(y)]);
  return { type: 'polygon', points: ring(visible), ...(one.holes.length === 0 ? {} : { holes: one.holes.map(ring) }) };
}

function coveredShare(box: Bounds, by: Bounds): number {
  const width = Math.min(box.right, by.right) - Math.max(box.left, by.left);
  const height = Math.min(box.bottom, by.bottom) - Math.max(box.top, by.top);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / ((box.right - box.left) * (box.bottom - box.top));
}

/** A picture in the making: a background that the lens leaves soft, what stands before it, and what is what. */
export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly back: Layer;
  readonly front: Layer;
  readonly truth: Truth;
}
