import type { AnnotationGeometry, Xy } from '@fovea/contract';
import { distance } from '@fovea/geometry';
import type { Editor } from '../editor/editor.ts';
import type { OverlayItem } from '../editor/overlay.ts';
import type { Snap } from '../editor/snapping.ts';
import type { Gesture, GestureStep, PointerAt } from './gesture.ts';

/** CSS pixels: a press and release nearer than this is a click, and the second corner comes with the next click. */
const clickReach = 4;

export interface DragShapeOptions {
  /** The geometry from the first corner to where the pointer is. */
  readonly shape: (from: Xy, to: Xy, at: PointerAt) => AnnotationGeometry;
  /** The shape is drawn: adds it, or returns the gesture's next part. */
  readonly finish: (geometry: AnnotationGeometry, at: PointerAt) => void;
  readonly color?: string;
}

/** A shape between two corners: pressed, dragged, released; or clicked twice. */
export class DragShapeGesture implements Gesture {
  private readonly editor: Editor;
  private readonly options: DragShapeOptions;
  private readonly start: PointerAt;
  private readonly from: Xy;
  private geometry: AnnotationGeometry;
  private snap: Snap;

  constructor(editor: Editor, at: PointerAt, options: DragShapeOptions) {
    this.editor = editor;
    this.options = options;
    this.start = at;
    this.snap = at.mod ? { point: at.inPicture, to: undefined } : editor.snap(at.image);
    this.from = this.snap.point;
    this.geometry = options.shape(this.from, this.from, at);
  }

  down(at: PointerAt): GestureStep {
    this.move(at);
    return 'stay';
  }

  move(at: PointerAt): void {
    this.snap = at.mod ? { point: at.inPicture, to: undefined } : this.editor.snap(at.image);
    this.geometry = this.options.shape(this.from, this.snap.point, at);
  }

  up(at: PointerAt): GestureStep {
    if (distance(at.screen, this.start.screen) < clickReach) return 'stay';
    this.options.finish(this.geometry, at);
    return 'end';
  }

  cancel(): void {
    // Nothing was written yet.
  }

  overlay(): readonly OverlayItem[] {
    const color = this.options.color ?? this.editor.labels.color(this.editor.activeLabel);
    const items: OverlayItem[] = [{ kind: 'draft', geometry: this.geometry, color }];
    if (this.snap.to) items.push({ kind: 'snap', at: this.snap.point });
    return items;
  }
}
