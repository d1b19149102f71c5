import type { AnnotationGeometry, Xy } from '@fovea/contract';
import type { Mark } from '../document/history.ts';
import type { Editor } from '../editor/editor.ts';
import { newRecord, setGeometries } from '../editing/shapes.ts';
import { withoutMasks } from '../masks/combine.ts';
import { maskGeometry, tiledMask } from '../masks/mask-geometry.ts';
import { strokeSpans } from '../masks/stroke.ts';
import { TiledMask } from '../masks/tiled-mask.ts';
import type { Gesture, GestureStep, PointerAt } from './gesture.ts';

/** The selected mask that may be painted on, on this frame. */
export function maskInHand(editor: Editor): string | undefined {
  const record = editor.selection.single;
  const entry = record && editor.scene.get(record.id);
  return entry && !entry.record.locked && entry.geometry.type === 'mask' ? record.id : undefined;
}

/** A stroke of the brush: adds to the selected mask, or begins a new one with the active label. */
export class BrushGesture implements Gesture {
  private readonly editor: Editor;
  private readonly isErasing: boolean;
  private readonly mark: Mark;
  /** The masks that the stroke works on, as they are now. */
  private readonly targets = new Map<string, TiledMask>();
  private last: Xy;

  constructor(editor: Editor, at: PointerAt, isErasing: boolean, targets: readonly string[]) {
    this.editor = editor;
    this.isErasing = isErasing;
    this.mark = editor.document.mark(isErasing ? 'Erase' : 'Paint');
    for (const id of targets) {
      const geometry = editor.geometryOf(id);
      if (geometry?.type === 'mask') this.targets.set(id, tiledMask(geometry));
    }
    this.last = at.image;
    this.paint(at.image);
  }

  move(at: PointerAt): void {
    this.paint(at.image);
  }

  up(): GestureStep {
    if (this.editor.settings.exclusiveMasks && !this.isErasing) this.takeFromOthers();
    const gone = [...this.targets].filter(([, mask]) => mask.isEmpty).map(([id]) => id);
    this.editor.document.remove(gone);
    this.editor.document.commit();
    return 'end';
  }

  cancel(): void {
    this.editor.document.bail(this.mark);
  }

  private paint(to: Xy): void {
    const { brushSize: size, brushShape: shape } = this.editor.settings;
    if (this.targets.size === 0 && !this.isErasing) this.begin();
    const changed: [string, AnnotationGeometry][] = [];
    for (const [id, mask] of this.targets) {
      const next = mask.paint(!this.isErasing, (sink) => strokeSpans(this.last, to, { size, shape }, sink));
      if (next === mask) continue;
      this.targets.set(id, next);
      changed.push([id, maskGeometry(next)]);
    }
    this.last = to;
    if (changed.length > 0) setGeometries(this.editor, changed);
  }

  private begin(): void {
    const { width, height } = this.editor.picture;
    const empty = new TiledMask(width, height);
    const record = newRecord(this.editor, maskGeometry(empty));
    this.editor.document.create([record]);
    this.editor.selection.set([record.id]);
    this.targets.set(record.id, empty);
  }

  private takeFromOthers(): void {
    const painted = [...this.targets.values()];
    for (const mask of painted) takePixels(this.editor, mask, new Set(this.targets.keys()));
  }
}

/** Takes a mask's pixels away from all others on the frame that are not locked; those left empty go. No commit. */
export function takePixels(editor: Editor, mask: TiledMask, except: ReadonlySet<string>): void {
  const bounds = mask.bounds();
  if (!bounds) return;
  for (const { record, geometry } of editor.scene.search(bounds)) {
    if (geometry.type !== 'mask' || record.locked || except.has(record.id)) continue;
    const before = tiledMask(geometry);
    const after = withoutMasks(before, [mask]);
    if (after === before) continue;
    if (after.isEmpty) editor.document.remove([record.id]);
    else setGeometries(editor, [[record.id, maskGeometry(after)]]);
  }
}
