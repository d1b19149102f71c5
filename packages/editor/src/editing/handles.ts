import type { AnnotationGeometry, Xy } from '@fovea/contract';
import { distance } from '@fovea/geometry';
import type { Editor } from '../editor/editor.ts';
import { boundsCenter, boundsHold, growBounds, unionBounds } from '../math/bounds.ts';
import type { Bounds } from '../math/bounds.ts';
import { frameHandles } from '../shapes/frame.ts';
import type { Handle } from '../shapes/kind.ts';
import { kindOf } from '../shapes/registry.ts';
import { editableIds } from './shapes.ts';

/** CSS pixels: edges shorter than this on the screen get no midpoint handle, there is no room for it. */
const leastEdgePx = 28;
/** More handles than this are neither drawn nor hit: the person has to zoom in first. */
const maxHandles = 2_000;

/** What the handles of the selection belong to: one shape itself, or the frame around all that is selected. */
export type HandleSet =
  | { readonly kind: 'shape'; readonly id: string; readonly geometry: AnnotationGeometry; readonly handles: readonly Handle[] }
  | { readonly kind: 'frame'; readonly ids: readonly string[]; readonly bounds: Bounds; readonly handles: readonly Handle[] };

/**
 * The handles to be shown now. One shape offers its own; several together, masks, and any shape while `asFrame` is set
 * offer a frame that resizes and turns them.
 */
export function selectionHandles(editor: Editor, asFrame: boolean): HandleSet | undefined {
  const ids = editableIds(editor);
  const [only] = ids;
  const entry = ids.length === 1 ? editor.scene.get(only) : undefined;
  const unit = editor.imageLength(1);
  if (entry && entry.geometry.type !== 'mask' && !asFrame) {
    const handles = inSight(editor, shapeHandles(entry.geometry, unit));
    return { kind: 'shape', id: only, geometry: entry.geometry, handles };
  }
  const entries = ids.flatMap((id) => editor.scene.get(id) ?? []);
  const bounds = unionBounds(entries);
  if (!bounds) return undefined;
  // A point among others goes with them.
  const sized = entries.filter(({ geometry }) => geometry.type !== 'point');
  const canTurn = sized.length > 0 && sized.every(({ geometry }) => kindOf(geometry).canTurn);
  const canResize = sized.length > 0 && sized.every(({ geometry }) => kindOf(geometry).canResize);
  const center = boundsCenter(bounds);
  const frame = { center, width: bounds.maxX - bounds.minX, height: bounds.maxY - bounds.minY, angle: 0 };
  const handles = frameHandles(frame, { corners: true, turn: canTurn, unit }).filter(({ kind }) => canResize || kind === 'turn');
  return { kind: 'frame', ids, bounds, handles };
}

function inSight(editor: Editor, handles: readonly Handle[]): readonly Handle[] {
  const reach = growBounds(editor.camera.visible(), editor.imageLength(20));
  const leastEdge = editor.imageLength(leastEdgePx);
  const visible = handles.filter(({ at, edgeLength = Infinity }) => edgeLength >= leastEdge && boundsHold(reach, at));
  if (visible.length <= maxHandles) return visible;
  const vertices = visible.filter(({ kind }) => kind !== 'midpoint');
  return vertices.length <= maxHandles ? vertices : [];
}

/** The handles of an outline of many vertices are asked for several times in each move of the pointer. */
const kept = new WeakMap<AnnotationGeometry, { readonly unit: number; readonly handles: readonly Handle[] }>();

function shapeHandles(geometry: AnnotationGeometry, unit: number): readonly Handle[] {
  const old = kept.get(geometry);
  if (old?.unit === unit) return old.handles;
  const handles = kindOf(geometry).handles(geometry, unit);
  kept.set(geometry, { unit, handles });
  return handles;
}

/** The handle within reach of a point; vertices go before midpoints, the nearest before others. */
export function handleAt(editor: Editor, set: HandleSet | undefined, point: Xy): Handle | undefined {
  const reach = editor.imageLength(editor.settings.reach);
  let best: Handle | undefined;
  let least = Infinity;
  for (const handle of set?.handles ?? []) {
    const away = distance(handle.at, point);
    const rank = away + (handle.kind === 'midpoint' ? reach : 0);
    if (away > reach || rank >= least) continue;
    least = rank;
    best = handle;
  }
  return best;
}

const cursors: Readonly<Record<string, string>> = {
  nw: 'nwse-resize',
  se: 'nwse-resize',
  ne: 'nesw-resize',
  sw: 'nesw-resize',
  n: 'ns-resize',
  s: 'ns-resize',
  e: 'ew-resize',
  w: 'ew-resize',
};

export function handleCursor(handle: Handle): string {
  if (handle.kind === 'turn') return 'crosshair';
  if (handle.kind === 'midpoint') return 'copy';
  return cursors[handle.id] ?? 'move';
}
