import type { Xy } from '@fovea/contract';
import { maskPolygons, rasterizeRegions, runsFromBitmap } from '@fovea/geometry';
import type { Editor } from '../editor/editor.ts';
import { addToLabel, labelMask, mayPaint, setMask } from '../editing/label-masks.ts';
import { editableIds, newRecord, replaceBy } from '../editing/shapes.ts';
import { fromPatch, joinMasks, withoutMasks } from '../masks/combine.ts';
import { maskGeometry, tiledFromRuns, tiledMask } from '../masks/mask-geometry.ts';
import type { TiledMask } from '../masks/tiled-mask.ts';
import { addArea, simplifyPolygon, subtractArea } from '../shapes/polygon-edit.ts';
import type { Polygon } from '../shapes/polygon.ts';
import { kindOf } from '../shapes/registry.ts';
import { fromRegion } from './region.ts';
import type { Region } from './region.ts';
import { editorTexts as t } from '../texts.ts';

/** Whether an area that a smart tool found becomes a shape of its own, or changes the one in hand. */
export type AreaMode = 'new' | 'add' | 'subtract';

/** Shift adds to the selected shape, Alt takes away from it. */
export function areaMode({ shift, alt }: { shift: boolean; alt: boolean }): AreaMode {
  return alt ? 'subtract' : shift ? 'add' : 'new';
}

/** Puts the pixels found in a region (1 for each) into the document, as polygon or mask by the settings. One step. */
export function applyArea(editor: Editor, region: Region, found: Uint8Array, options: { mode: AreaMode; title: string }): void {
  const polygons = areaPolygons(region, found, editor.settings.simplifyTolerance);
  if (polygons.length === 0) {
    editor.notify(t.notices.nothingFound);
    return;
  }
  const ofLabel = editor.isStack && editor.settings.smartShape === 'mask' ? labelMask(editor, editor.activeLabel)?.id : undefined;
  const [inHand = ofLabel] = options.mode === 'new' ? [] : editableIds(editor);
  const geometry = inHand === undefined ? undefined : editor.geometryOf(inHand);
  editor.document.edit(options.title, () => {
    if (inHand !== undefined && geometry?.type === 'mask') changeMask(editor, inHand, areaMask(editor, region, found), options.mode);
    else if (inHand !== undefined && geometry?.type === 'polygon') changePolygon(editor, inHand, geometry, polygons, options.mode);
    else if (options.mode !== 'subtract') create(editor, region, found, polygons);
  });
}

/** The outlines of what was found, in image coordinates, smooth to the region's own pixels at least. */
export function areaPolygons(region: Region, found: Uint8Array, tolerance: number): Polygon[] {
  const { pixels, unitX, unitY } = region;
  const reach = Math.max(tolerance, Math.max(unitX, unitY) * 0.75);
  const place = (ring: readonly Xy[]) => ring.map(([x, y]) => fromRegion(region, x, y));
  return maskPolygons(runsFromBitmap(found, pixels.width, pixels.height))
    .map((polygon): Polygon => ({ type: 'polygon', points: place(polygon.points), ...(polygon.holes && { holes: polygon.holes.map(place) }) }))
    .map((polygon) => simplifyPolygon(polygon, reach))
    .filter((polygon) => kindOf(polygon).isMeant(polygon, reach * 2));
}

function areaMask(editor: Editor, region: Region, found: Uint8Array): TiledMask {
  const { bounds, unitX, unitY, pixels } = region;
  if (unitX === 1 && unitY === 1) return fromPatch(editor.picture, { x: bounds.minX, y: bounds.minY, width: pixels.width, data: found });
  return tiledFromRuns(rasterizeRegions(areaPolygons(region, found, 0), editor.picture));
}

function create(editor: Editor, region: Region, found: Uint8Array, polygons: readonly Polygon[]): void {
  const wantsMask = editor.settings.smartShape === 'mask' || !editor.labels.allows(editor.activeLabel, 'polygon');
  if (wantsMask && editor.isStack) {
    if (mayPaint(editor, editor.activeLabel)) addToLabel(editor, editor.activeLabel, areaMask(editor, region, found));
    else editor.notify(t.notices.mayNotBe(editor.activeLabel, 'mask'));
    return;
  }
  const geometries = wantsMask ? [maskGeometry(areaMask(editor, region, found))] : polygons;
  const type = geometries[0]?.type ?? 'polygon';
  if (!editor.labels.allows(editor.activeLabel, type)) {
    editor.notify(t.notices.mayNotBe(editor.activeLabel, type));
    return;
  }
  const first = editor.document.topZ();
  const records = geometries.map((geometry, index) => ({ ...newRecord(editor, geometry), z: first + index }));
  editor.document.create(records);
  editor.selection.set(records.map(({ id }) => id));
}

function changeMask(editor: Editor, id: string, area: TiledMask, mode: AreaMode): void {
  const geometry = editor.geometryOf(id);
  if (geometry?.type !== 'mask') return;
  const before = tiledMask(geometry);
  setMask(editor, id, mode === 'subtract' ? withoutMasks(before, [area]) : joinMasks(before, [area]));
}

function changePolygon(editor: Editor, id: string, geometry: Polygon, areas: readonly Polygon[], mode: AreaMode): void {
  const record = editor.document.get(id);
  if (!record) return;
  let pieces: Polygon[] = [geometry];
  for (const area of areas) {
    const [first, ...others] = pieces;
    pieces = mode === 'subtract' ? pieces.flatMap((piece) => subtractArea(piece, area)) : first ? [...addArea(first, area), ...others] : [area];
  }
  editor.selection.set(replaceBy(editor, record, pieces));
}
