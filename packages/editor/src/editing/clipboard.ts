import type { AnnotationGeometry } from '@fovea/contract';
import type { Editor } from '../editor/editor.ts';
import { fromContent, toContent } from '../document/record.ts';
import type { RecordContent } from '../document/record.ts';
import { boundsCenter, heldWithin, unionBounds } from '../math/bounds.ts';
import type { Bounds } from '../math/bounds.ts';
import { maskGeometry, tiledMask } from '../masks/mask-geometry.ts';
import { TiledMask } from '../masks/tiled-mask.ts';
import { translation } from '../math/matrix.ts';
import { clamp } from '../math/vector.ts';
import { kindOf } from '../shapes/registry.ts';
import { stateAt } from '../video/track-state.ts';
import { mayLie, newRecord } from './shapes.ts';
import { editorTexts as t } from '../texts.ts';

/** Copied annotations: plain data, so that the page may keep it between items or in the system's clipboard. */
export interface Clip {
  readonly kind: 'fovea/annotations';
  readonly contents: readonly RecordContent[];
  /** Where they were copied: pasted there again, they are set off a little, to be seen. */
  readonly picture: { readonly width: number; readonly height: number };
  readonly frame: number;
}

/** CSS pixels between an original and its copy in the same place. */
const pasteOffset = 14;
/** After so many pastes in a row the next begins again beside the original. */
const maxPasteSteps = 40;

/** The selection as it stands on the current frame; undefined when nothing is selected. */
export function copySelected(editor: Editor): Clip | undefined {
  const contents = editor.selection.records().flatMap((record): RecordContent[] => {
    const state = stateAt(record, editor.frame);
    if (!state) return [];
    const { geometry, attributes } = state;
    return [toContent({ ...record, type: geometry.type, geometry, attributes, keyframes: undefined, frame: null, endFrame: null })];
  });
  if (contents.length === 0) return undefined;
  const { width, height } = editor.picture;
  return { kind: 'fovea/annotations', contents, picture: { width, height }, frame: editor.frame };
}

/**
 * Adds what was copied to the current frame, and selects it. On a picture of another size the copies are moved as one,
 * so that they lie within it where they fit; what is too large for it is left out. Groups stay groups, but new ones.
 */
export function pasteClip(editor: Editor, clip: Clip, options: { inPlace?: boolean } = {}): void {
  const groups = new Map<string, string>();
  const found = placeClip(editor, clip, options.inPlace ?? false).map((content) => ({ ...content, geometry: ofThisPicture(editor, content.geometry) }));
  const placed = found.filter(({ geometry }) => mayLie(editor, geometry));
  if (placed.length < found.length) editor.notify(t.notices.tooLargeLeftOut);
  if (placed.length === 0) return;
  const firstZ = editor.document.topZ();
  const records = placed.map((content, index) => {
    const base = newRecord(editor, content.geometry);
    const pasted = fromContent(base.id, content, { z: firstZ + index });
    const { frame, endFrame, keyframes, type, geometry, zOrder } = base;
    return { ...pasted, frame, endFrame, keyframes, type, geometry, zOrder, status: null, group: newGroup(editor, groups, content.group) };
  });
  editor.document.edit(t.edits.paste, () => editor.document.create(records));
  editor.selection.set(records.map(({ id }) => id));
}

/** What has come from outside, if it is a clip: the page hands over whatever text the system's clipboard holds. */
export function parseClip(text: string): Clip | undefined {
  try {
    const value = JSON.parse(text) as Partial<Clip> | null;
    return value?.kind === 'fovea/annotations' && Array.isArray(value.contents) ? (value as Clip) : undefined;
  } catch {
    // Any text may lie in a clipboard; what is no JSON is no clip.
    return undefined;
  }
}

/** A mask has the size of its picture: of a larger one what lies over the edge is cut off. */
function ofThisPicture({ picture: { width, height } }: Editor, geometry: AnnotationGeometry): AnnotationGeometry {
  if (geometry.type !== 'mask') return geometry;
  const mask = tiledMask(geometry);
  if (mask.width === width && mask.height === height) return geometry;
  const cut = new TiledMask(width, height).paint(true, (sink) =>
    mask.eachSpan((row, from, to) => {
      if (row < height && from < width) sink(row, from, Math.min(to, width));
    }),
  );
  return maskGeometry(cut);
}

function newGroup(editor: Editor, groups: Map<string, string>, group: string | undefined): string | undefined {
  if (group === undefined) return undefined;
  const known = groups.get(group) ?? editor.document.newId();
  groups.set(group, known);
  return known;
}

function placeClip(editor: Editor, clip: Clip, inPlace: boolean): readonly RecordContent[] {
  const bounds = unionBounds(clip.contents.flatMap(({ geometry }) => kindOf(geometry).bounds(geometry) ?? []));
  if (!bounds) return clip.contents;
  const { width, height } = editor.picture;
  const isSamePlace = clip.frame === editor.frame && clip.picture.width === width && clip.picture.height === height;
  const off = isSamePlace && !inPlace && isTaken(editor, bounds) ? freeOffset(editor, bounds) : 0;
  const intoSmaller = (min: number, max: number, size: number) => clamp(off, -min, Math.max(-min, size - max));
  const isSameSize = clip.picture.width === width && clip.picture.height === height;
  const [dx, dy] = isSameSize
    ? heldWithin(bounds, [off, off], editor.picture)
    : [intoSmaller(bounds.minX, bounds.maxX, width), intoSmaller(bounds.minY, bounds.maxY, height)];
  if (dx === 0 && dy === 0) return clip.contents;
  const matrix = translation(dx, dy);
  return clip.contents.map((content) => ({ ...content, geometry: kindOf(content.geometry).transform(content.geometry, matrix) }));
}

/** So far off that the copies do not lie exactly upon those of the paste before. */
function freeOffset(editor: Editor, bounds: Bounds): number {
  const step = editor.imageLength(pasteOffset);
  const reach = step / 4;
  const isUpon = (entry: Bounds, by: number) => Math.abs(entry.minX - bounds.minX - by) < reach && Math.abs(entry.minY - bounds.minY - by) < reach;
  for (let times = 1; times <= maxPasteSteps; times++) {
    const by = times * step;
    const near = editor.scene.search({ minX: bounds.minX + by - reach, minY: bounds.minY + by - reach, maxX: bounds.minX + by + reach, maxY: bounds.minY + by + reach });
    if (!near.some((entry) => isUpon(entry, by))) return by;
  }
  return step;
}

/** Whether something lies just there already: without it (after cutting) a paste puts things back where they were. */
function isTaken(editor: Editor, bounds: Bounds): boolean {
  const [x, y] = boundsCenter(bounds);
  const reach = editor.imageLength(2);
  return editor.scene.search(bounds).some((entry) => {
    const [otherX, otherY] = boundsCenter(entry);
    return Math.abs(otherX - x) <= reach + (bounds.maxX - bounds.minX) / 2 && Math.abs(otherY - y) <= reach + (bounds.maxY - bounds.minY) / 2;
  });
}
