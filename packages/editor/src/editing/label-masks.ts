import type { EditorRecord } from '../document/record.ts';
import type { Editor } from '../editor/editor.ts';
import { joinMasks } from '../masks/combine.ts';
import { maskGeometry, tiledMask } from '../masks/mask-geometry.ts';
import { stackMask } from '../masks/stack-mask.ts';
import { TiledMask } from '../masks/tiled-mask.ts';
import { newRecord, setGeometries } from './shapes.ts';

/**
 * On a stack, pixels belong to labels: a volume has one record for each label, and frames that make no volume one mask
 * for each label and frame. Strokes go to the label in hand, wherever the selection is.
 */

/** Whether a label may be painted: as a mask, or as the volume that masks of a stack make. */
export function mayPaint(editor: Editor, label: string): boolean {
  return editor.labels.allows(label, 'mask') || (editor.picture.scan === 'volume' && editor.labels.allows(label, 'volume'));
}

/** The record that pixels of a label on a frame belong to, if there is one that may be changed. */
export function labelMask(editor: Editor, label: string, frame = editor.frame): EditorRecord | undefined {
  const isOf = (record: EditorRecord) => record.label === label && !record.locked && !record.proposal && !record.hidden;
  return editor.document.ordered().findLast((record) => isOf(record) && maskOn(editor, record, frame) !== undefined);
}

/** The pixels of a record on a frame, none too; undefined for what has none there. */
function maskOn(editor: Editor, record: EditorRecord, frame = editor.frame): TiledMask | undefined {
  const { geometry } = record;
  if (geometry.type !== 'volume') {
    const here = frame === editor.frame ? editor.geometryOf(record.id) : record.frame === frame ? geometry : undefined;
    return here?.type === 'mask' ? tiledMask(here) : undefined;
  }
  const stack = stackMask(geometry);
  const mask = stack?.at(frame);
  return stack && (mask ? tiledMask(mask) : new TiledMask(editor.picture.width, editor.picture.height));
}

export function maskOnFrame(editor: Editor, id: string): TiledMask | undefined {
  const record = editor.document.get(id);
  return record && maskOn(editor, record);
}

/** Writes a record's pixels on this frame; a record that is left without any goes. No commit. */
export function setMask(editor: Editor, id: string, mask: TiledMask): void {
  setGeometries(editor, [[id, maskGeometry(mask)]]);
  dropEmpty(editor, [id]);
}

/** Masks without pixels, and volumes without any on any frame, go. No commit. */
export function dropEmpty(editor: Editor, ids: Iterable<string>): void {
  const isEmpty = (record: EditorRecord | undefined): boolean => {
    if (!record) return false;
    const { geometry } = record;
    if (geometry.type === 'volume') return stackMask(geometry)?.isEmpty === true;
    const here = editor.geometryOf(record.id) ?? geometry;
    return here.type === 'mask' && tiledMask(here).isEmpty;
  };
  const gone = [...ids].filter((id) => isEmpty(editor.document.get(id)));
  if (gone.length > 0) editor.document.remove(gone);
}

/** Adds pixels to a label on a frame of a stack: to its record, or to a new one. No commit. */
export function addToLabel(editor: Editor, label: string, pixels: TiledMask, like?: EditorRecord, frame = editor.frame): string {
  const record = labelMask(editor, label, frame);
  if (record) {
    const before = maskOn(editor, record, frame);
    setGeometries(editor, [[record.id, maskGeometry(before ? joinMasks(before, [pixels]) : pixels)]], frame);
    return record.id;
  }
  const made = { ...newRecord(editor, maskGeometry(pixels), frame), label, ...(like && { attributes: like.attributes, source: like.source }) };
  editor.document.create([made]);
  return made.id;
}
