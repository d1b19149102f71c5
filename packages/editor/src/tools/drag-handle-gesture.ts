import type { AnnotationGeometry } from '@fovea/contract';
import { distance } from '@fovea/geometry';
import type { Mark } from '../document/history.ts';
import type { Editor } from '../editor/editor.ts';
import type { OverlayItem } from '../editor/overlay.ts';
import type { Snap } from '../editor/snapping.ts';
import { setGeometries } from '../editing/shapes.ts';
import type { Handle } from '../shapes/kind.ts';
import { kindOf } from '../shapes/registry.ts';
import { dragThreshold } from './gesture.ts';
import type { Gesture, GestureStep, PointerAt } from './gesture.ts';
import { editorTexts as t } from '../texts.ts';

/** Drags one handle of one shape: a corner, a vertex, a new vertex out of an edge, the handle that turns. A mere click changes nothing. */
export class DragHandleGesture implements Gesture {
  private readonly editor: Editor;
  private readonly from: PointerAt;
  private readonly id: string;
  private readonly start: AnnotationGeometry;
  private readonly handle: Handle;
  private mark: Mark | undefined;
  private snap: Snap | undefined;

  constructor(editor: Editor, from: PointerAt, { id, start, handle }: { id: string; start: AnnotationGeometry; handle: Handle }) {
    this.editor = editor;
    this.from = from;
    this.id = id;
    this.start = start;
    this.handle = handle;
  }

  move(at: PointerAt): void {
    if (this.mark === undefined && distance(at.screen, this.from.screen) < dragThreshold) return;
    this.mark ??= this.editor.document.mark(this.handle.kind === 'midpoint' ? t.edits.insertVertex : t.edits.reshape);
    const isFree = at.mod || this.handle.kind === 'turn';
    this.snap = isFree ? undefined : this.editor.snap(at.image, new Set([this.id]));
    const to = this.handle.kind === 'turn' ? at.image : (this.snap?.point ?? at.inPicture);
    const next = kindOf(this.start).dragHandle(this.start, this.handle.id, to, { constrain: at.shift, fromCenter: at.alt });
    setGeometries(this.editor, [[this.id, next]]);
  }

  up(): GestureStep {
    this.editor.document.commit();
    return 'end';
  }

  cancel(): void {
    if (this.mark !== undefined) this.editor.document.bail(this.mark);
  }

  overlay(): readonly OverlayItem[] {
    return this.snap?.to ? [{ kind: 'snap', at: this.snap.point }] : [];
  }
}
