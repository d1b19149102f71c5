import type { Xy } from '@fovea/contract';
import { intersectRegions } from '@fovea/geometry';
import type { Editor } from '../editor/editor.ts';
import { compareEntries } from '../scene/scene.ts';
import type { SceneEntry } from '../scene/scene.ts';
import { boundsOf } from '../math/bounds.ts';
import { cutPolygon, mergePolygons, simplifyPolygon, subtractArea } from '../shapes/polygon-edit.ts';
import type { Polygon } from '../shapes/polygon.ts';
import { editableIds, replaceBy, setGeometries } from './shapes.ts';
import { editorTexts as t } from '../texts.ts';

type PolygonEntry = SceneEntry & { readonly geometry: Polygon };

function isPolygon(entry: SceneEntry): entry is PolygonEntry {
  return entry.geometry.type === 'polygon';
}

/** The selected polygons; where none is selected, those that an area touches. */
function polygonsFor(editor: Editor, area?: readonly Xy[]): PolygonEntry[] {
  const selected = editableIds(editor).flatMap((id) => editor.scene.get(id) ?? []).filter(isPolygon);
  if (selected.length > 0 || !area) return selected;
  const bounds = boundsOf(area);
  return bounds ? editor.scene.searchOrdered(bounds).filter(isPolygon).filter((entry) => !entry.record.locked) : [];
}

/** Cuts an area out of the selected polygon (else the topmost beneath it): a hole, or a bite at its edge. */
export function punchHole(editor: Editor, area: readonly Xy[]): void {
  const entry = polygonsFor(editor, area).findLast(({ geometry }) => intersectRegions(geometry, { points: area }).length > 0);
  if (!entry) {
    editor.notify(t.notices.noPolygonForHole);
    return;
  }
  const left = subtractArea(entry.geometry, { points: area });
  if (left.length === 0) {
    editor.notify(t.notices.holeTakesAll);
    return;
  }
  editor.document.edit(t.edits.cutHole, () => {
    editor.selection.set(replaceBy(editor, entry.record, left));
  });
}

/** Cuts the selected polygons (else all that it crosses) along a line. */
export function cutSelected(editor: Editor, line: readonly Xy[]): void {
  const cuts = polygonsFor(editor, line)
    .map((entry) => ({ entry, pieces: cutPolygon(entry.geometry, line) }))
    .filter(({ pieces }) => pieces.length > 1);
  if (cuts.length === 0) {
    editor.notify(t.notices.lineMustCross);
    return;
  }
  editor.document.edit(t.edits.cutPolygon, () => {
    editor.selection.set(cuts.flatMap(({ entry, pieces }) => replaceBy(editor, entry.record, pieces)));
  });
}

/** Makes one polygon of the selected ones; pieces that do not touch stay apart, as records of their own. */
export function mergeSelected(editor: Editor): void {
  const entries = polygonsFor(editor);
  if (entries.length < 2) return;
  const [first, ...others] = entries;
  const merged = mergePolygons(entries.map((entry) => entry.geometry));
  editor.document.edit(t.edits.mergePolygons, () => {
    editor.document.remove(others.map((entry) => entry.record.id));
    editor.selection.set(replaceBy(editor, first.record, merged));
  });
}

/** Takes the upper selected polygons out of the lowest one. */
export function subtractSelected(editor: Editor): void {
  const entries = polygonsFor(editor).sort(compareEntries);
  if (entries.length < 2) return;
  const [lowest, ...upper] = entries;
  let pieces = [lowest.geometry];
  for (const { geometry } of upper) pieces = pieces.flatMap((piece) => subtractArea(piece, geometry));
  editor.document.edit(t.edits.subtractPolygons, () => {
    editor.document.remove(upper.map((entry) => entry.record.id));
    editor.selection.set(replaceBy(editor, lowest.record, pieces));
  });
}

/** Fewer vertices on the selected polygons, by the tolerance of the settings. */
export function simplifySelected(editor: Editor): void {
  const entries = polygonsFor(editor);
  const tolerance = Math.max(editor.settings.simplifyTolerance, editor.imageLength(1));
  editor.document.edit(t.edits.simplify, () =>
    setGeometries(
      editor,
      entries.map(({ record, geometry }) => [record.id, simplifyPolygon(geometry, tolerance)]),
    ),
  );
}
