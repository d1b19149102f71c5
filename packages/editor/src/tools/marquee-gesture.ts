import { distance } from '@fovea/geometry';
import type { Editor } from '../editor/editor.ts';
import type { OverlayItem } from '../editor/overlay.ts';
import { boundsBetween } from '../math/bounds.ts';
import type { Bounds } from '../math/bounds.ts';
import { dragThreshold } from './gesture.ts';
import type { Gesture, GestureStep, PointerAt } from './gesture.ts';

/** Selects what lies within a rectangle; with Alt, all that it touches. A mere click clears the selection. */
export class MarqueeGesture implements Gesture {
  private readonly editor: Editor;
  private readonly from: PointerAt;
  private readonly before: readonly string[];
  private bounds: Bounds | undefined;

  constructor(editor: Editor, from: PointerAt) {
    this.editor = editor;
    this.from = from;
    this.before = [...editor.selection.ids];
  }

  move(at: PointerAt): void {
    if (!this.bounds && distance(at.screen, this.from.screen) < dragThreshold) return;
    this.bounds = boundsBetween(this.from.image, at.image);
    const { scene, selection } = this.editor;
    const found = at.alt ? scene.search(this.bounds) : scene.searchWithin(this.bounds);
    const ids = found.filter((entry) => !entry.record.locked).map((entry) => entry.record.id);
    selection.set(this.isAdding ? [...this.before, ...ids] : ids);
  }

  up(): GestureStep {
    if (!this.bounds && !this.isAdding) this.editor.selection.clear();
    return 'end';
  }

  cancel(): void {
    this.editor.selection.set(this.before);
  }

  overlay(): readonly OverlayItem[] {
    return this.bounds ? [{ kind: 'rectangle', bounds: this.bounds, look: 'marquee' }] : [];
  }

  private get isAdding(): boolean {
    return this.from.shift || this.from.mod;
  }
}
