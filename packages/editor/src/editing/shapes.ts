import type { AnnotationGeometry, AnnotationType, GeometryOf } from '@fovea/contract';
import { geometryFault } from '@fovea/geometry';
import { fromContent } from '../document/record.ts';
import type { EditorRecord, RecordContent } from '../document/record.ts';
import type { Editor } from '../editor/editor.ts';
import { tiledMask } from '../masks/mask-geometry.ts';
import { StackMask, volumeWith } from '../masks/stack-mask.ts';
import { kindOf } from '../shapes/registry.ts';
import { withGeometry } from '../video/tracks.ts';
import { editorTexts as t } from '../texts.ts';

/** CSS pixels: a shape drawn smaller than this in both directions was a slip of the hand. */
const leastDrawnPx = 3;

/**
 * Whether the platform takes a shape that lies so: it may reach over the picture's edge, as far as the picture is wide and
 * high, but not lie beside it. Masks lie within their picture always.
 */
export function mayLie({ picture: { width, height } }: Editor, geometry: AnnotationGeometry): boolean {
  if (geometry.type === 'mask' || geometry.type === 'volume') return true;
  const bounds = kindOf(geometry).bounds(geometry);
  if (bounds && bounds.minX >= 0 && bounds.minY >= 0 && bounds.maxX <= width && bounds.maxY <= height) return true;
  return geometryFault(geometry, { width, height }) === undefined;
}

/** Writes the geometry that records have on a frame (tracks get a key frame there), where it may lie so; otherwise they stay. No commit. */
export function setGeometries(editor: Editor, geometries: Iterable<readonly [string, AnnotationGeometry]>, frame = editor.frame): void {
  const byId = new Map(geometries);
  editor.document.update(byId.keys(), (record) => {
    const geometry = byId.get(record.id);
    return geometry && mayLie(editor, geometry) ? withGeometry(record, frame, geometry) : undefined;
  });
}

/** A record for a new geometry: active label, on top. */
export function newRecord(editor: Editor, geometry: AnnotationGeometry, frame = editor.frame): EditorRecord {
  const { frames, width, height, scan } = editor.picture;
  const isTrack = frames !== undefined && editor.isVideo && editor.settings.drawTracks && geometry.type !== 'classification';
  const isVolume = scan === 'volume' && frames !== undefined && geometry.type === 'mask';
  const drawn: AnnotationGeometry = isVolume ? volumeOf(geometry, frame, [width, height, frames]) : geometry;
  return {
    id: editor.document.newId(),
    type: drawn.type,
    label: editor.activeLabel,
    geometry: drawn,
    attributes: {},
    // A volume lies on all slices, and a class of a scan is one of the whole.
    frame: frames === undefined || isVolume || (editor.isStack && geometry.type === 'classification') ? null : frame,
    endFrame: isTrack ? frames - 1 : null,
    keyframes: isTrack ? [{ frame, geometry }] : undefined,
    confidence: null,
    source: 'human',
    group: undefined,
    zOrder: editor.document.topOrder(),
    status: null,
    z: editor.document.topZ(),
    hidden: false,
    locked: false,
    proposal: false,
  };
}

/** A volume whose only pixels are those of a mask on one frame. */
function volumeOf(mask: GeometryOf<'mask'>, frame: number, size: [number, number, number]): AnnotationGeometry {
  return volumeWith({ type: 'volume', value: 1, size }, new StackMask().with(frame, tiledMask(mask)));
}

/** Whether a drawn shape is large enough to be no slip of the hand. */
export function isMeant(editor: Editor, geometry: AnnotationGeometry): boolean {
  return kindOf(geometry).isMeant(geometry, editor.imageLength(leastDrawnPx));
}

/** Whether the active label may be drawn so; if not, the person is told. */
export function mayDraw(editor: Editor, type: AnnotationType): boolean {
  if (editor.labels.allows(editor.activeLabel, type)) return true;
  editor.notify(t.notices.mayNotBe(editor.activeLabel, type));
  return false;
}

/**
 * Adds a drawn shape as one step of the history and selects it. Shapes too small to be meant are dropped, and so are
 * those that the active label may not have (with a notice).
 */
export function addShape(editor: Editor, geometry: AnnotationGeometry, title: string = t.edits.draw): EditorRecord | undefined {
  if (!isMeant(editor, geometry) || !mayDraw(editor, geometry.type)) return undefined;
  if (!mayLie(editor, geometry)) {
    editor.notify(t.notices.besidePicture);
    return undefined;
  }
  const record = newRecord(editor, geometry);
  editor.document.edit(title, () => editor.document.create([record]));
  editor.selection.set([record.id]);
  if (!editor.settings.keepTool) editor.tools.use('select');
  return record;
}

/**
 * Shows what a model (or an import) suggests on the current frame: dashed, and not sent until it is accepted. Returns
 * the ids of the proposals.
 */
export function addProposals(editor: Editor, contents: readonly RecordContent[]): string[] {
  const first = editor.document.topZ();
  const zOrder = editor.document.topOrder();
  const records = contents.map((content, index) => fromContent(editor.document.newId(), { ...content, zOrder }, { z: first + index, proposal: true }));
  if (records.length > 0) editor.document.edit(t.edits.propose, () => editor.document.create(records));
  return records.map(({ id }) => id);
}

/** Puts several records in the stead of one: the first keeps its id, the others are new and lie just above it. */
export function replaceBy(editor: Editor, record: EditorRecord, geometries: readonly AnnotationGeometry[]): string[] {
  const [first, ...others] = geometries;
  if (!first) {
    editor.document.remove([record.id]);
    return [];
  }
  setGeometries(editor, [[record.id, first]]);
  const made = others.map((geometry) => ({ ...newRecord(editor, geometry), label: record.label, attributes: record.attributes, zOrder: record.zOrder, z: record.z }));
  editor.document.create(made);
  return [record.id, ...made.map((each) => each.id)];
}

/** The selected records that may be changed: on the frame, and not locked. */
export function editableIds(editor: Editor): string[] {
  return [...editor.selection.ids].filter((id) => {
    const entry = editor.scene.get(id);
    return entry !== undefined && !entry.record.locked;
  });
}
