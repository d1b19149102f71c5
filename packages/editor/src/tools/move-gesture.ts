import type { AnnotationGeometry, Xy } from '@fovea/contract';
import { distance } from '@fovea/geometry';
import type { Mark } from '../document/history.ts';
import type { Editor } from '../editor/editor.ts';
import type { OverlayItem } from '../editor/overlay.ts';
import { snapMovement } from '../editor/snapping.ts';
import type { Snap } from '../editor/snapping.ts';
import { editableIds, setGeometries } from '../editing/shapes.ts';
import { heldWithin, unionBounds } from '../math/bounds.ts';
import type { Bounds } from '../math/bounds.ts';
import { translation } from '../math/matrix.ts';
import { subtract } from '../math/vector.ts';
import { kindOf } from '../shapes/registry.ts';
import { dragThreshold } from './gesture.ts';
import type { Gesture, GestureStep, PointerAt } from './gesture.ts';
import { editorTexts as t } from '../texts.ts';

/** With more shapes than this in hand, snapping is left out: it would look at every vertex on each move. */
const maxSnapping = 20;

/** Moves the selection. A press without movement on something already selected selects that alone. */
export class MoveGesture implements Gesture {
  private readonly editor: Editor;
  private readonly from: PointerAt;
  private readonly selectOnClick: readonly string[] | undefined;
  private readonly starts: ReadonlyMap<string, AnnotationGeometry>;
  private readonly bounds: Bounds | undefined;
  private mark: Mark | undefined;
  private snap: Snap | undefined;

  constructor(editor: Editor, from: PointerAt, selectOnClick: readonly string[] | undefined) {
    this.editor = editor;
    this.from = from;
    this.selectOnClick = selectOnClick;
    const entries = editableIds(editor).flatMap((id) => editor.scene.get(id) ?? []);
    this.starts = new Map(entries.map((entry) => [entry.record.id, entry.geometry]));
    this.bounds = unionBounds(entries);
  }

  move(at: PointerAt): void {
    if (this.mark === undefined && distance(at.screen, this.from.screen) < dragThreshold) return;
    this.mark ??= this.editor.document.mark(t.edits.move);
    const [dx, dy] = this.held(this.snapped(this.straight(subtract(at.image, this.from.image), at.shift), at));
    const matrix = translation(dx, dy);
    setGeometries(
      this.editor,
      [...this.starts].map(([id, geometry]) => [id, kindOf(geometry).transform(geometry, matrix)]),
    );
  }

  up(): GestureStep {
    if (this.mark !== undefined) this.editor.document.commit();
    else if (this.selectOnClick) this.editor.selection.set(this.selectOnClick);
    return 'end';
  }

  cancel(): void {
    if (this.mark !== undefined) this.editor.document.bail(this.mark);
  }

  overlay(): readonly OverlayItem[] {
    return this.snap?.to ? [{ kind: 'snap', at: this.snap.point }] : [];
  }

  /** Shift: along one axis only. */
  private straight([dx, dy]: Xy, constrain: boolean): Xy {
    if (!constrain) return [dx, dy];
    return Math.abs(dx) > Math.abs(dy) ? [dx, 0] : [0, dy];
  }

  private snapped(by: Xy, at: PointerAt): Xy {
    this.snap = undefined;
    if (at.mod || at.shift || this.starts.size > maxSnapping) return by;
    const points = [...this.starts.values()].flatMap((geometry) => kindOf(geometry).snapPoints(geometry));
    const snap = snapMovement(points, by, this.editor.snapContext(new Set(this.starts.keys())));
    this.snap = snap.at;
    return snap.by;
  }

  /** The selection stays within the picture. */
  private held([dx, dy]: Xy): Xy {
    if (!this.bounds || !this.editor.settings.stayInPicture) return [dx, dy];
    return heldWithin(this.bounds, [dx, dy], this.editor.picture);
  }
}
