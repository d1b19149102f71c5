import type { AnnotationGeometry } from '@fovea/contract';
import { distance } from '@fovea/geometry';
import type { Mark } from '../document/history.ts';
import type { Editor } from '../editor/editor.ts';
import { setGeometries } from '../editing/shapes.ts';
import type { HandleSet } from '../editing/handles.ts';
import { boundsCenter } from '../math/bounds.ts';
import { rotation, scaling } from '../math/matrix.ts';
import type { Matrix } from '../math/matrix.ts';
import { dragFrame } from '../shapes/frame.ts';
import type { TurnedFrame } from '../shapes/frame.ts';
import type { DragModifiers, Handle } from '../shapes/kind.ts';
import { kindOf } from '../shapes/registry.ts';
import { dragThreshold } from './gesture.ts';
import type { Gesture, GestureStep, PointerAt } from './gesture.ts';
import { editorTexts as t } from '../texts.ts';

/** Resizes or turns all that is selected, by the frame around it. */
export class TransformGesture implements Gesture {
  private readonly editor: Editor;
  private readonly from: PointerAt;
  private readonly handle: Handle;
  private readonly frame: TurnedFrame;
  private readonly starts: ReadonlyMap<string, AnnotationGeometry>;
  private mark: Mark | undefined;

  constructor(editor: Editor, from: PointerAt, { set, handle }: { set: Extract<HandleSet, { kind: 'frame' }>; handle: Handle }) {
    this.editor = editor;
    this.from = from;
    this.handle = handle;
    const { minX, minY, maxX, maxY } = set.bounds;
    this.frame = { center: boundsCenter(set.bounds), width: maxX - minX, height: maxY - minY, angle: 0 };
    const entries = set.ids.flatMap((id) => editor.scene.get(id) ?? []);
    this.starts = new Map(entries.map((entry) => [entry.record.id, entry.geometry]));
  }

  move(at: PointerAt): void {
    if (this.mark === undefined && distance(at.screen, this.from.screen) < dragThreshold) return;
    this.mark ??= this.editor.document.mark(this.handle.kind === 'turn' ? t.edits.turn : t.edits.resize);
    const to = this.handle.kind === 'turn' ? at.image : at.inPicture;
    const matrix = this.matrixFor(dragFrame(this.frame, this.handle.id, to, { constrain: at.shift, fromCenter: at.alt }), at);
    setGeometries(
      this.editor,
      [...this.starts].map(([id, geometry]) => [id, kindOf(geometry).transform(geometry, matrix)]),
    );
  }

  up(): GestureStep {
    this.editor.document.commit();
    return 'end';
  }

  cancel(): void {
    if (this.mark !== undefined) this.editor.document.bail(this.mark);
  }

  /** A side dragged over the opposite one stops there: shapes are not mirrored by accident. */
  private matrixFor(next: TurnedFrame, at: PointerAt): Matrix {
    if (this.handle.kind === 'turn') return rotation(next.angle, this.frame.center);
    const anchor = this.anchor({ constrain: at.shift, fromCenter: at.alt });
    const least = this.editor.imageLength(1);
    const factor = (size: number, nextSize: number, side: number, away: number) => {
      if (size === 0 || side === 0) return 1;
      const isOver = !at.alt && away * side < 0;
      return Math.max(least, isOver ? 0 : nextSize) / size;
    };
    const [sideX, sideY] = this.sides();
    const sx = factor(this.frame.width, next.width, sideX, next.center[0] - anchor[0]);
    const sy = factor(this.frame.height, next.height, sideY, next.center[1] - anchor[1]);
    return scaling(sx, sy, anchor);
  }

  private anchor({ fromCenter }: DragModifiers): [number, number] {
    const { center, width, height } = this.frame;
    const [sideX, sideY] = fromCenter ? [0, 0] : this.sides();
    return [center[0] - (sideX * width) / 2, center[1] - (sideY * height) / 2];
  }

  /** Which sides the handle moves: -1 left or top, 1 right or bottom, 0 none. */
  private sides(): [number, number] {
    const { id } = this.handle;
    return [id.includes('w') ? -1 : id.includes('e') ? 1 : 0, id.startsWith('n') ? -1 : id.startsWith('s') ? 1 : 0];
  }
}
