import type { AnnotationGeometry, Xy } from '@fovea/contract';
import { distance } from '@fovea/geometry';
import type { Editor } from '../editor/editor.ts';
import type { OverlayItem } from '../editor/overlay.ts';
import type { Gesture, GestureStep, PointerAt } from './gesture.ts';

export interface ThreeClickOptions {
  /** What is shown between the first and the second place. */
  readonly base: (from: Xy, to: Xy) => OverlayItem;
  readonly shape: (from: Xy, to: Xy, third: Xy) => AnnotationGeometry;
  readonly finish: (geometry: AnnotationGeometry) => void;
}

/** A shape of three places (rotated box: edge, then depth; cuboid: front face, then depth). The first two may be one drag. */
export class ThreeClickGesture implements Gesture {
  private readonly editor: Editor;
  private readonly options: ThreeClickOptions;
  private readonly from: Xy;
  private readonly pressed: Xy;
  private second: Xy | undefined;
  private tip: Xy;

  constructor(editor: Editor, at: PointerAt, options: ThreeClickOptions) {
    this.editor = editor;
    this.options = options;
    this.from = this.place(at);
    this.tip = this.from;
    this.pressed = at.screen;
  }

  down(at: PointerAt): GestureStep {
    this.tip = this.place(at);
    if (!this.second) {
      if (distance(this.tip, this.from) > 0) this.second = this.tip;
      return 'stay';
    }
    this.options.finish(this.options.shape(this.from, this.second, this.tip));
    return 'end';
  }

  move(at: PointerAt): void {
    this.tip = this.place(at);
  }

  up(at: PointerAt): GestureStep {
    if (!this.second && distance(at.screen, this.pressed) >= 4) this.second = this.place(at);
    return 'stay';
  }

  cancel(): void {
    // Nothing was written yet.
  }

  overlay(): readonly OverlayItem[] {
    if (!this.second) return [this.options.base(this.from, this.tip)];
    const color = this.editor.labels.color(this.editor.activeLabel);
    return [{ kind: 'draft', geometry: this.options.shape(this.from, this.second, this.tip), color }];
  }

  private place(at: PointerAt): Xy {
    return at.mod ? at.inPicture : this.editor.snap(at.image).point;
  }
}
