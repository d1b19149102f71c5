import type { Xy } from '@fovea/contract';
import { distance } from '@fovea/geometry';
import type { Editor } from '../editor/editor.ts';
import type { KeyInput } from '../editor/input.ts';
import type { OverlayItem } from '../editor/overlay.ts';
import type { Snap } from '../editor/snapping.ts';
import type { Gesture, GestureStep, PointerAt } from './gesture.ts';

export interface PathOptions {
  readonly closed: boolean;
  /** Fewer points than this cannot be finished. */
  readonly leastPoints: number;
  readonly color: () => string;
  /** False: not so yet, the line goes on. */
  readonly finish: (points: Xy[]) => boolean;
}

/** CSS pixels between the points of a line drawn by hand with the button held. */
const freehandStep = 6;
const angleStep = Math.PI / 12;

/**
 * A line of points: each click sets one, a drag draws freely, Shift keeps to steps of 15°. Backspace takes the last
 * point back. Enter, a double click, or (when closed) a click on the first point ends it.
 */
export class PathGesture implements Gesture {
  private readonly editor: Editor;
  private readonly options: PathOptions;
  private readonly points: Xy[];
  private pressed: Xy | undefined;
  private tip: Xy;
  private snap: Snap | undefined;

  constructor(editor: Editor, at: PointerAt, options: PathOptions) {
    this.editor = editor;
    this.options = options;
    this.tip = this.place(at);
    this.points = [this.tip];
    this.pressed = at.screen;
  }

  down(at: PointerAt): GestureStep {
    if (at.button === 2) return this.undoPoint();
    if (this.isOnFirst(at) || (at.clicks >= 2 && this.points.length >= this.options.leastPoints)) return this.finish();
    this.tip = this.place(at);
    this.pressed = at.screen;
    this.add(this.tip);
    return 'stay';
  }

  move(at: PointerAt): void {
    this.tip = this.place(at);
    if (!this.pressed || distance(at.screen, this.pressed) < freehandStep) return;
    this.pressed = at.screen;
    this.add(at.inPicture);
  }

  up(at: PointerAt): GestureStep {
    this.pressed = undefined;
    this.tip = this.place(at);
    return 'stay';
  }

  key({ key, mod }: KeyInput): GestureStep | undefined {
    if (key === 'Enter') return this.finish();
    if (key === 'Backspace' || key === 'Delete' || (mod && key.toLowerCase() === 'z')) return this.undoPoint();
    return undefined;
  }

  cancel(): void {
    // Nothing was written yet.
  }

  overlay(): readonly OverlayItem[] {
    const { closed } = this.options;
    const color = this.options.color();
    const items: OverlayItem[] = [
      { kind: 'line', points: [...this.points, this.tip], closed: false, look: 'solid', color },
      ...this.points.map((at, index): OverlayItem => ({ kind: 'vertex', at, isHot: index === 0 && closed, color })),
    ];
    if (closed && this.points.length >= 2) items.push({ kind: 'line', points: [this.tip, this.points[0]], closed: false, look: 'dashed', color });
    if (this.snap?.to) items.push({ kind: 'snap', at: this.snap.point });
    return items;
  }

  private add(point: Xy): void {
    const last = this.points.at(-1);
    if (!last || distance(last, point) > 0) this.points.push(point);
  }

  private place(at: PointerAt): Xy {
    this.snap = undefined;
    const last = this.points?.at(-1);
    if (at.shift && last) return this.editor.clampToPicture(onAngleStep(last, at.image));
    if (at.mod) return at.inPicture;
    this.snap = this.editor.snap(at.image);
    return this.snap.point;
  }

  private isOnFirst(at: PointerAt): boolean {
    if (!this.options.closed || this.points.length < this.options.leastPoints) return false;
    return distance(at.image, this.points[0]) <= this.editor.imageLength(this.editor.settings.reach + 2);
  }

  private undoPoint(): GestureStep {
    this.points.pop();
    return this.points.length > 0 ? 'stay' : 'end';
  }

  private finish(): GestureStep {
    if (this.points.length < this.options.leastPoints) return 'stay';
    return this.options.finish(this.points) ? 'end' : 'stay';
  }
}

function onAngleStep(from: Xy, to: Xy): Xy {
  const angle = Math.round(Math.atan2(to[1] - from[1], to[0] - from[0]) / angleStep) * angleStep;
  const length = distance(from, to);
  return [from[0] + Math.cos(angle) * length, from[1] + Math.sin(angle) * length];
}
