import type { Xy } from '@fovea/contract';
import type { EditorRecord } from '../document/record.ts';
import type { Editor } from '../editor/editor.ts';
import { enclosedGap, withoutMasks } from '../masks/combine.ts';
import { maskGeometry, tiledMask } from '../masks/mask-geometry.ts';
import { stackMask, volumeWith } from '../masks/stack-mask.ts';
import { strokeSpans } from '../masks/stroke.ts';
import { TiledMask } from '../masks/tiled-mask.ts';
import type { SpanSink } from '../masks/tiled-mask.ts';
import { dropEmpty, mayPaint } from './label-masks.ts';
import { newRecord } from './shapes.ts';
import { editorTexts as t } from '../texts.ts';

/** A plane across the frames of a stack: its rows are frames, its columns pixels along one axis of them. */
export interface StackPlane {
  /** The axis of the frames that the plane stands on: 0 their columns (sagittal), 1 their rows (coronal). */
  readonly through: 0 | 1;
  /** Where on that axis, in pixels. */
  readonly at: number;
  readonly width: number;
  readonly height: number;
  readonly flipX: boolean;
  readonly flipY: boolean;
  /** The distance of frames in widths of a column. */
  readonly rowHeight: number;
}

/** A stroke under way: one step of the history. */
export interface PlaneStroke {
  move(to: Xy): void;
  end(): void;
  /** Takes all of it back. */
  cancel(): void;
}

export interface PlaneStrokeOptions {
  readonly isErasing: boolean;
  /** Which pixels of a frame are meant; all when left out. */
  readonly isMeant?: (frame: number, x: number, y: number) => boolean;
}

type Frames = ReadonlyMap<number, TiledMask>;

/** Pixels of a label by frame, wherever they are kept. */
interface Layer {
  at(frame: number): TiledMask | undefined;
  write(frames: Frames): void;
}

/**
 * Begins a stroke of the brush on a plane across a stack, in pixels of the plane: it paints the label in hand, or takes pixels of
 * it away; where it has none, those of all labels. Undefined when the label may not be painted.
 */
export function paintOnPlane(editor: Editor, plane: StackPlane, from: Xy, options: PlaneStrokeOptions): PlaneStroke | undefined {
  const { isErasing, isMeant } = options;
  const label = labelInHand(editor);
  const own = layerOf(editor, label);
  if (!isErasing && !own && !mayPaint(editor, label)) {
    editor.notify(t.notices.mayNotBe(label, 'mask'));
    return undefined;
  }
  const mark = editor.document.mark(isErasing ? t.edits.erase : t.edits.paint);
  const layers = own ? [own] : isErasing ? allLayers(editor) : [newLayer(editor, label)];
  const touched = new Set<number>();
  let last = from;
  const move = (to: Xy) => {
    const { brushSize: size, brushShape: shape } = editor.settings;
    const rows = spansByFrame(plane, (sink) => strokeSpans(last, to, { size, shape, rowHeight: plane.rowHeight }, sink), isMeant);
    last = to;
    for (const frame of rows.keys()) touched.add(frame);
    for (const layer of layers) layer.write(painted(editor, layer, rows, !isErasing));
  };
  move(from);
  return {
    move,
    end() {
      if (editor.settings.exclusiveMasks && !isErasing) for (const layer of layers) takeFromOthers(editor, layer, label, touched);
      dropEmpty(editor, editor.document.ordered().map(({ id }) => id));
      editor.document.commit();
    },
    cancel: () => editor.document.bail(mark),
  };
}

/** Fills the gap that the label in hand encloses around a place of a plane. */
export function fillPlaneGap(editor: Editor, plane: StackPlane, [x, y]: Xy): void {
  const layer = layerOf(editor, labelInHand(editor));
  const gap = layer && enclosedGap(cutOut(layer, plane), Math.floor(x), Math.floor(y));
  if (!layer || !gap) {
    editor.notify(t.notices.noMaskAround);
    return;
  }
  const rows = spansByFrame(plane, (sink) => gap.eachSpan(sink));
  editor.document.edit(t.edits.fill, () => layer.write(painted(editor, layer, rows, true)));
}

function labelInHand(editor: Editor): string {
  const record = editor.selection.single;
  return record && !record.locked && (record.type === 'volume' || record.type === 'mask') ? record.label : editor.activeLabel;
}

const isOpen = (record: EditorRecord): boolean => !record.locked && !record.hidden && !record.proposal;

/** Where the pixels of a label are: in its volume, or in a mask for each frame; undefined when it has none. */
function layerOf(editor: Editor, label: string): Layer | undefined {
  const records = editor.document.ordered().filter((record) => record.label === label && isOpen(record));
  const volume = records.findLast(({ geometry }) => geometry.type === 'volume' && stackMask(geometry) !== undefined);
  if (volume) return volumeLayer(editor, volume.id);
  return records.some(({ geometry }) => geometry.type === 'mask') ? frameLayer(editor, label) : undefined;
}

function allLayers(editor: Editor): Layer[] {
  return [...new Set(editor.document.ordered().map(({ label }) => label))].flatMap((label) => layerOf(editor, label) ?? []);
}

/** Of a label without pixels: what makes a volume gets one, frames that make none get masks as they are painted. */
function newLayer(editor: Editor, label: string): Layer {
  const { width, height, scan } = editor.picture;
  if (scan !== 'volume') return frameLayer(editor, label);
  const record = { ...newRecord(editor, maskGeometry(new TiledMask(width, height))), label };
  editor.document.create([record]);
  return volumeLayer(editor, record.id);
}

function volumeLayer(editor: Editor, id: string): Layer {
  const stack = () => {
    const geometry = editor.document.get(id)?.geometry;
    return geometry?.type === 'volume' ? stackMask(geometry) : undefined;
  };
  return {
    at(frame) {
      const mask = stack()?.at(frame);
      return mask && tiledMask(mask);
    },
    write(frames) {
      let next = stack();
      for (const [frame, mask] of frames) next = next?.with(frame, mask);
      if (frames.size > 0) editor.document.update([id], ({ geometry }) => (geometry.type === 'volume' && next ? { geometry: volumeWith(geometry, next) } : undefined));
    },
  };
}

function frameLayer(editor: Editor, label: string): Layer {
  const recordOn = (frame: number) => editor.document.ordered().findLast((record) => record.label === label && record.frame === frame && record.geometry.type === 'mask' && isOpen(record));
  return {
    at(frame) {
      const geometry = recordOn(frame)?.geometry;
      return geometry?.type === 'mask' ? tiledMask(geometry) : undefined;
    },
    write(frames) {
      for (const [frame, mask] of frames) {
        const record = recordOn(frame);
        if (record) editor.document.update([record.id], { geometry: maskGeometry(mask) });
        else editor.document.create([{ ...newRecord(editor, maskGeometry(mask)), label, frame }]);
      }
    },
  };
}

/** Spans of a plane as pixels of the frames: their row, and from which column to which. */
type FrameSpans = Map<number, [y: number, fromX: number, toX: number][]>;

function spansByFrame(plane: StackPlane, draw: (sink: SpanSink) => void, isMeant: PlaneStrokeOptions['isMeant'] = () => true): FrameSpans {
  const found: FrameSpans = new Map();
  draw((row, from, to) => {
    if (row < 0 || row >= plane.height) return;
    const frame = plane.flipY ? plane.height - 1 - row : row;
    const spans = found.get(frame) ?? [];
    for (let column = Math.max(0, from); column < Math.min(plane.width, to); column++) {
      const along = plane.flipX ? plane.width - 1 - column : column;
      const [x, y] = plane.through === 0 ? [plane.at, along] : [along, plane.at];
      if (isMeant(frame, x, y)) spans.push([y, x, x + 1]);
    }
    if (spans.length > 0) found.set(frame, spans);
  });
  return found;
}

/** The frames of a layer that spans change, as they are then. */
function painted({ picture: { width, height } }: Editor, layer: Layer, rows: FrameSpans, value: boolean): Frames {
  const changed = new Map<number, TiledMask>();
  for (const [frame, spans] of rows) {
    const before = layer.at(frame) ?? new TiledMask(width, height);
    const after = before.paint(value, (sink) => spans.forEach((span) => sink(...span)));
    if (after !== before) changed.set(frame, after);
  }
  return changed;
}

/** What a layer has on a plane. */
function cutOut(layer: Layer, plane: StackPlane): TiledMask {
  return new TiledMask(plane.width, plane.height).paint(true, (sink) => {
    for (let row = 0; row < plane.height; row++) {
      const mask = layer.at(plane.flipY ? plane.height - 1 - row : row);
      for (let column = 0; mask && column < plane.width; column++) {
        const along = plane.flipX ? plane.width - 1 - column : column;
        if (plane.through === 0 ? mask.has(plane.at, along) : mask.has(along, plane.at)) sink(row, column, column + 1);
      }
    }
  });
}

/** On the frames given: what a label has there is taken away from all others. */
function takeFromOthers(editor: Editor, own: Layer, label: string, frames: ReadonlySet<number>): void {
  const others = new Set(editor.document.ordered().flatMap((record) => (record.label === label ? [] : [record.label])));
  for (const other of others) {
    const layer = layerOf(editor, other);
    const changed = new Map<number, TiledMask>();
    for (const frame of frames) {
      const [mask, theirs] = [own.at(frame), layer?.at(frame)];
      const rest = mask && theirs && withoutMasks(theirs, [mask]);
      if (rest && rest !== theirs) changed.set(frame, rest);
    }
    layer?.write(changed);
  }
}
