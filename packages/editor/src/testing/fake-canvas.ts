import type { Context2d } from '../shapes/pen.ts';
import type { Surface } from '../render/surface.ts';

/** One call that a drawing context received, with its arguments. */
export interface DrawCall {
  readonly name: string;
  readonly args: readonly unknown[];
}

const methods = [
  'arc', 'beginPath', 'clearRect', 'clip', 'closePath', 'drawImage', 'ellipse', 'fill', 'fillRect', 'fillText', 'lineTo',
  'moveTo', 'putImageData', 'rect', 'restore', 'save', 'setLineDash', 'setTransform', 'stroke', 'strokeRect',
] as const;

/** A canvas that draws nothing and remembers what was asked of it. */
export class FakeSurface implements Surface {
  width: number;
  height: number;
  calls: DrawCall[] = [];
  private readonly context: Context2d;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    const record = Object.fromEntries(methods.map((name) => [name, (...args: unknown[]) => void this.calls.push({ name, args })]));
    this.context = {
      ...record,
      measureText: (text: string) => ({ width: text.length * 6 }),
      getImageData: (_x: number, _y: number, w: number, h: number) => ({ width: w, height: h, data: new Uint8ClampedArray(w * h * 4) }),
      fillStyle: '',
      strokeStyle: '',
      globalAlpha: 1,
      globalCompositeOperation: 'source-over',
      lineWidth: 1,
      font: '',
    } as unknown as Context2d;
  }

  getContext(): Context2d {
    return this.context;
  }

  count(name: string): number {
    return this.calls.filter((call) => call.name === name).length;
  }
}

/** Makes fake surfaces and keeps them, so that a test can ask what was drawn on which. */
export class FakeSurfaces {
  readonly all: FakeSurface[] = [];
  readonly make = (width: number, height: number): FakeSurface => {
    const surface = new FakeSurface(width, height);
    this.all.push(surface);
    return surface;
  };

  /** Calls of a name over all surfaces. */
  count(name: string): number {
    return this.all.reduce((sum, surface) => sum + surface.count(name), 0);
  }

  forget(): void {
    for (const surface of this.all) surface.calls = [];
  }
}
