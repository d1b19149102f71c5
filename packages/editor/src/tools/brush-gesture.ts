import type { AnnotationGeometry, Xy } from '@fovea/contract';
import type { Mark } from '../document/history.ts';
import type { Editor } from '../editor/editor.ts';
import { dropEmpty, labelMask, maskOnFrame, setMask } from '../editing/label-masks.ts';
import { newRecord, setGeometries } from '../editing/shapes.ts';
import { withoutMasks } from '../masks/combine.ts';
import { maskGeometry, tiledMask } from '../masks/mask-geometry.ts';
import { strokeSpans } from '../masks/stroke.ts';
import { TiledMask } from '../masks/tiled-mask.ts';
import type { SpanSink } from '../masks/tiled-mask.ts';
import type { Gesture, GestureStep, PointerAt } from './gesture.ts';
import type { SpanFilter } from './value-filter.ts';
import { editorTexts as t } from '../texts.ts';

/** The selected mask that may be painted on, on this frame; on a stack the one of the label in hand. */
export function maskInHand(editor: Editor): string | undefined {
  const record = editor.selection.single;
  if (editor.isStack) {
    const chosen = record && !record.locked && maskOnFrame(editor, record.id) ? record : labelMask(editor, editor.activeLabel);
    return chosen?.id;
  }
  const entry = record && editor.scene.get(record.id);
  return entry && !entry.record.locked && entry.geometry.type === 'mask' ? record.id : undefined;
}

export interface StrokeOptions {
  readonly isErasing: boolean;
  /** Masks to work on; without any, a stroke that adds begins a new one. */
  readonly targets: readonly string[];
  /** Which pixels under the brush are meant; all when absent. */
  readonly filter?: SpanFilter | undefined;
}

/** A stroke of the brush: adds to the selected mask, or begins a new one with the active label. */
export class BrushGesture implements Gesture {
  private readonly editor: Editor;
  private readonly isErasing: boolean;
  private readonly filter: SpanFilter | undefined;
  private readonly mark: Mark;
  /** The masks that the stroke works on, as they are now. */
  private readonly targets = new Map<string, TiledMask>();
  private last: Xy;

  constructor(editor: Editor, at: PointerAt, { isErasing, targets, filter }: StrokeOptions) {
    this.editor = editor;
    this.isErasing = isErasing;
    this.filter = filter;
    this.mark = editor.document.mark(isErasing ? t.edits.erase : t.edits.paint);
    for (const id of targets) {
      const mask = maskOnFrame(editor, id);
      if (mask) this.targets.set(id, mask);
    }
    this.last = at.image;
    this.paint(at.image);
  }

  move(at: PointerAt): void {
    this.paint(at.image);
  }

  up(): GestureStep {
    if (this.editor.settings.exclusiveMasks && !this.isErasing) this.takeFromOthers();
    dropEmpty(this.editor, this.targets.keys());
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
      const next = mask.paint(!this.isErasing, (sink) => strokeSpans(this.last, to, { size, shape }, this.filtered(sink)));
      if (next === mask) continue;
      this.targets.set(id, next);
      changed.push([id, maskGeometry(next)]);
    }
    this.last = to;
    if (changed.length > 0) setGeometries(this.editor, changed);
  }

  private filtered(sink: SpanSink): SpanSink {
    const { filter } = this;
    return filter ? (y, fromX, toX) => filter(y, fromX, toX, sink) : sink;
  }

  private begin(): void {
    const { width, height } = this.editor.picture;
    const empty = new TiledMask(width, height);
    const record = newRecord(this.editor, maskGeometry(empty));
    this.editor.document.create([record]);
    // On a stack strokes follow the label: the next digit chooses another, and does not relabel what was painted.
    if (!this.editor.isStack) this.editor.selection.set([record.id]);
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
    if (after !== before) setMask(editor, record.id, after);
  }
}
