import type { AnnotationGeometry } from '@fovea/contract';
import { maskPolygons, rasterize } from '@fovea/geometry';
import type { Editor } from '../editor/editor.ts';
import { joinMasks, withoutMasks } from '../masks/combine.ts';
import { maskGeometry, runsOf, tiledFromRuns, tiledMask } from '../masks/mask-geometry.ts';
import type { TiledMask } from '../masks/tiled-mask.ts';
import { simplifyPolygon } from '../shapes/polygon-edit.ts';
import { kindOf } from '../shapes/registry.ts';
import { compareEntries } from '../scene/scene.ts';
import { withGeometry } from '../video/tracks.ts';
import { addToLabel, mayPaint } from './label-masks.ts';
import { editableIds, replaceBy, setGeometries } from './shapes.ts';
import { editorTexts as t } from '../texts.ts';

/** The pixels of any shape with an area; undefined for the others. */
export function pixelsOf(editor: Editor, geometry: AnnotationGeometry): TiledMask | undefined {
  if (geometry.type === 'mask') return tiledMask(geometry);
  const runs = rasterize(geometry, editor.picture);
  return runs && tiledFromRuns(runs);
}

/** The outlines of a mask as polygons, simplified by a tolerance in image pixels; specks smaller than that vanish. */
export function outlinesOf(mask: TiledMask, tolerance: number) {
  return maskPolygons(runsOf(mask))
    .map((polygon) => (tolerance > 0 ? simplifyPolygon(polygon, tolerance) : polygon))
    .filter((polygon) => kindOf(polygon).isMeant(polygon, tolerance));
}

/** Selected shapes with an area become masks of the same pixels. */
export function toMasks(editor: Editor): void {
  const made: [string, AnnotationGeometry][] = [];
  for (const id of editableIds(editor)) {
    const geometry = editor.geometryOf(id);
    const pixels = geometry && geometry.type !== 'mask' ? pixelsOf(editor, geometry) : undefined;
    if (pixels && !pixels.isEmpty) made.push([id, maskGeometry(pixels)]);
  }
  if (made.length === 0) return;
  editor.document.edit(t.edits.makeMask, () => (editor.isStack ? intoLabels(editor, made) : convert(editor, made)));
}

/** On a stack the pixels go to the mask of the label, in the stead of the shapes. */
function intoLabels(editor: Editor, made: readonly (readonly [string, AnnotationGeometry])[]): void {
  for (const [id, geometry] of made) {
    const record = editor.document.get(id);
    if (!record || geometry.type !== 'mask') continue;
    if (!mayPaint(editor, record.label)) editor.notify(t.notices.mayNotBe(record.label, 'mask'));
    else {
      editor.document.remove([id]);
      addToLabel(editor, record.label, tiledMask(geometry), record);
    }
  }
}

/** Selected masks become polygons; one that falls apart becomes several records. */
export function toPolygons(editor: Editor): void {
  const entries = editableIds(editor).flatMap((id) => editor.scene.get(id) ?? []);
  const masks = entries.filter(({ geometry, record }) => geometry.type === 'mask' && record.type === 'mask');
  if (masks.length === 0) return;
  editor.document.edit(t.edits.makePolygon, () => {
    const ids = masks.flatMap(({ record, geometry }) => {
      if (geometry.type !== 'mask') return [];
      const polygons = outlinesOf(tiledMask(geometry), editor.settings.simplifyTolerance);
      if (polygons.length === 0) return [record.id];
      if (record.keyframes) {
        convert(editor, [[record.id, polygons[0]]]);
        return [record.id];
      }
      return replaceBy(editor, record, polygons);
    });
    editor.selection.set(ids);
  });
}

/** The selected masks (and shapes with an area) as one mask, in the place of the lowest. */
export function joinSelectedMasks(editor: Editor): void {
  const entries = editableIds(editor).flatMap((id) => editor.scene.get(id) ?? []);
  const parts = entries.flatMap((entry) => {
    const pixels = pixelsOf(editor, entry.geometry);
    return pixels ? [{ entry, pixels }] : [];
  });
  const [first, ...others] = parts;
  if (!first || others.length === 0) return;
  editor.document.edit(t.edits.joinMasks, () => {
    editor.document.remove(others.map(({ entry }) => entry.record.id));
    convert(editor, [[first.entry.record.id, maskGeometry(joinMasks(first.pixels, others.map(({ pixels }) => pixels)))]]);
    editor.selection.set([first.entry.record.id]);
  });
}

/** Takes the pixels of the upper selected shapes out of the lowest selected mask; the upper ones stay. */
export function subtractFromMask(editor: Editor): void {
  const entries = editableIds(editor).flatMap((id) => editor.scene.get(id) ?? []).sort(compareEntries);
  const [lowest, ...upper] = entries;
  if (lowest?.geometry.type !== 'mask' || upper.length === 0) return;
  const { geometry, record } = lowest;
  const cuts = upper.flatMap((entry) => pixelsOf(editor, entry.geometry) ?? []);
  editor.document.edit(t.edits.subtractFromMask, () => setGeometries(editor, [[record.id, maskGeometry(withoutMasks(tiledMask(geometry), cuts))]]));
}

/** Another type of geometry. A track cannot change its type in the middle: it becomes a shape of the current frame. */
function convert(editor: Editor, made: readonly (readonly [string, AnnotationGeometry])[]): void {
  const byId = new Map(made);
  editor.document.update(byId.keys(), (record) => {
    const geometry = byId.get(record.id);
    if (!geometry) return undefined;
    if (record.type === 'volume') return withGeometry(record, editor.frame, geometry);
    if (!record.keyframes) return { geometry, type: geometry.type };
    return { geometry, type: geometry.type, keyframes: undefined, frame: editor.frame, endFrame: null };
  });
}
