import type { AnnotationGeometry } from '@fovea/contract';
import type { Editor } from '../editor/editor.ts';
import type { EditorRecord, RecordPatch } from '../document/record.ts';
import { boundsCenter, heldWithin, unionBounds } from '../math/bounds.ts';
import type { Bounds } from '../math/bounds.ts';
import { rotation, scaling, translation } from '../math/matrix.ts';
import type { Matrix } from '../math/matrix.ts';
import { kindOf } from '../shapes/registry.ts';
import { tiledMask } from '../masks/mask-geometry.ts';
import { addToLabel, labelMask, mayPaint } from './label-masks.ts';
import { editableIds, newRecord, setGeometries } from './shapes.ts';
import { editorTexts as t } from '../texts.ts';

/** What can be done to the selection as a whole. Each is one step of the history; locked records are left alone. */

function unlocked(editor: Editor): EditorRecord[] {
  return editor.selection.records().filter((record) => !record.locked);
}

function patchAll(editor: Editor, title: string, records: readonly EditorRecord[], patch: RecordPatch | ((record: EditorRecord) => RecordPatch)): void {
  if (records.length === 0) return;
  editor.document.edit(title, () => editor.document.update(records.map(({ id }) => id), patch));
}

export function deleteSelected(editor: Editor): void {
  const ids = unlocked(editor).map(({ id }) => id);
  if (ids.length > 0) editor.document.edit(t.edits.delete, () => editor.document.remove(ids));
}

export function selectAll(editor: Editor): void {
  editor.selection.set([...editor.scene.all()].filter(({ record }) => !record.locked).map(({ record }) => record.id));
}

/** The next (or previous) record of the frame, bottom to top and round again: for the keyboard. */
export function selectNext(editor: Editor, step: 1 | -1): void {
  const ids = editor.document.ordered().filter(({ id, locked }) => !locked && editor.scene.get(id)).map(({ id }) => id);
  if (ids.length === 0) return;
  const at = editor.selection.single ? ids.indexOf(editor.selection.single.id) : step > 0 ? -1 : 0;
  editor.selection.set([ids[(at + step + ids.length) % ids.length]]);
}

/** Gives a label to what is selected and seen: a track that is not on this frame is not changed behind the person's back. */
export function relabelSelected(editor: Editor, label: string): void {
  const records = unlocked(editor).filter(({ id, type }) => type === 'classification' || editor.scene.get(id) !== undefined);
  const refused = records.find(({ type }) => !editor.labels.allows(label, type));
  if (refused) editor.notify(t.notices.mayNotBe(label, refused.type));
  else patchAll(editor, t.edits.relabel, records.filter((record) => record.label !== label), { label });
}

export function setHidden(editor: Editor, records: readonly EditorRecord[], hidden: boolean): void {
  patchAll(editor, hidden ? t.edits.hide : t.edits.show, records, { hidden });
  if (hidden) editor.selection.clear();
}

export function setLocked(editor: Editor, records: readonly EditorRecord[], locked: boolean): void {
  patchAll(editor, locked ? t.edits.lock : t.edits.unlock, records, { locked });
}

/** The selected records become one object: a click takes them together. */
export function groupSelected(editor: Editor): void {
  const records = unlocked(editor);
  if (records.length > 1) patchAll(editor, t.edits.group, records, { group: editor.document.newId() });
}

export function ungroupSelected(editor: Editor): void {
  patchAll(editor, t.edits.ungroup, unlocked(editor).filter(({ group }) => group !== undefined), { group: undefined });
}

export type ZMove = 'front' | 'back' | 'forward' | 'backward';

/** Changes the drawing order of the selection among all records; `forward` and `backward` pass one record that overlaps nothing of it. */
export function reorderSelected(editor: Editor, move: ZMove): void {
  const chosen = new Set(unlocked(editor).map(({ id }) => id));
  if (chosen.size === 0) return;
  const order = editor.document.ordered();
  const next = reordered(order.map(({ id }) => id), chosen, move);
  if (next.every((id, index) => id === order[index]?.id)) return;
  const zOrders = ordersOf(next.flatMap((id) => editor.document.get(id) ?? []), chosen);
  const moved = order.filter((record) => zOrders.get(record.id) !== record.zOrder);
  patchAll(editor, `Bring ${move}`, moved, (record) => ({ zOrder: zOrders.get(record.id) ?? record.zOrder }));
}

/** Drawing orders that make records lie as they are given, bottom first. Those that were not chosen keep theirs, as long as there is room between them. */
function ordersOf(records: readonly EditorRecord[], chosen: ReadonlySet<string>): Map<string, number> {
  const orders = new Map<string, number>();
  let raised = 0;
  let below: number | undefined;
  for (let at = 0; at < records.length; ) {
    let end = at;
    while (end < records.length && chosen.has(records[end]?.id ?? '')) end++;
    const run = records.slice(at, end);
    const above = records[end];
    if (run.length > 0 && above && below !== undefined && above.zOrder + raised - below < leastRoom) raised += 1;
    run.forEach(({ id }, index) => {
      if (above === undefined) orders.set(id, Math.floor(below ?? 0) + 1 + index);
      else if (below === undefined) orders.set(id, Math.ceil(above.zOrder) - run.length + index);
      else orders.set(id, below + ((above.zOrder + raised - below) * (index + 1)) / (run.length + 1));
    });
    if (above) {
      below = above.zOrder + raised;
      orders.set(above.id, below);
    }
    at = end + 1;
  }
  return orders;
}

/** Where less lies between two, what is above is raised. */
const leastRoom = 1e-6;

function reordered(order: readonly string[], chosen: ReadonlySet<string>, move: ZMove): string[] {
  const isChosen = (id: string) => chosen.has(id);
  const rest = order.filter((id) => !isChosen(id));
  if (move === 'front') return [...rest, ...order.filter(isChosen)];
  if (move === 'back') return [...order.filter(isChosen), ...rest];
  const next = move === 'forward' ? order.toReversed() : [...order];
  for (let at = 1; at < next.length; at++) {
    if (!isChosen(next[at]) || isChosen(next[at - 1])) continue;
    [next[at - 1], next[at]] = [next[at], next[at - 1]];
  }
  return move === 'forward' ? next.toReversed() : next;
}

/** Moves the selection by image pixels, as far as it stays within the picture. */
export function nudgeSelected(editor: Editor, dx: number, dy: number): void {
  transformSelected(editor, t.edits.move, (bounds) => {
    const [x, y] = editor.settings.stayInPicture ? heldWithin(bounds, [dx, dy], editor.picture) : [dx, dy];
    return x === 0 && y === 0 ? undefined : translation(x, y);
  });
}

/** Turns the selection about its middle; radians, clockwise. */
export function turnSelected(editor: Editor, angle: number): void {
  transformSelected(editor, t.edits.turn, (bounds) => rotation(angle, boundsCenter(bounds)));
}

/** Mirrors the selection about its middle. */
export function flipSelected(editor: Editor, axis: 'horizontal' | 'vertical'): void {
  transformSelected(editor, t.edits.flip, (bounds) => scaling(axis === 'horizontal' ? -1 : 1, axis === 'vertical' ? -1 : 1, boundsCenter(bounds)));
}

function transformSelected(editor: Editor, title: string, matrixFor: (bounds: Bounds) => Matrix | undefined): void {
  const entries = editableIds(editor).flatMap((id) => editor.scene.get(id) ?? []);
  const bounds = unionBounds(entries);
  const matrix = bounds && matrixFor(bounds);
  if (!matrix) return;
  editor.document.edit(title, () =>
    setGeometries(editor, entries.map(({ record, geometry }) => [record.id, kindOf(geometry).transform(geometry, matrix)])),
  );
}

/** A class for the whole item, or on a video for the current frame; the same one is not given twice. */
export function classify(editor: Editor, label: string): void {
  const frame = editor.isVideo ? editor.frame : null;
  const is = (record: EditorRecord) => record.type === 'classification' && record.label === label && record.frame === frame;
  if (editor.document.ordered().some(is)) return;
  const geometry: AnnotationGeometry = { type: 'classification' };
  editor.document.edit(t.edits.classify, () => editor.document.create([{ ...newRecord(editor, geometry), label }]));
}

/** The proposals chosen, or the one under the pointer, or else all on the frame. */
export function proposalsAtHand(editor: Editor): EditorRecord[] {
  const chosen = editor.selection.records().filter(({ proposal }) => proposal);
  if (chosen.length > 0) return chosen;
  const hovered = editor.tools.hovered === undefined ? undefined : editor.document.get(editor.tools.hovered);
  return hovered?.proposal ? [hovered] : [];
}

/**
 * Proposals become annotations, and are sent; one that the server holds already is approved there. On a stack the pixels of a mask go to
 * the mask, or the volume, of its label: there is one of each.
 */
export function acceptProposals(editor: Editor, records: readonly EditorRecord[]): void {
  if (records.length === 0) return;
  const isThere = ({ id }: EditorRecord) => editor.document.revisionOf(id) !== undefined;
  const [painted, others] = [records.filter((record) => belongsToLabel(editor, record)), records.filter((record) => !belongsToLabel(editor, record))];
  editor.document.edit(t.edits.accept, () => {
    editor.document.update(others.map(({ id }) => id), (record) => ({ proposal: false, ...(isThere(record) && { status: 'approved' as const }) }));
    for (const record of painted) {
      if (record.geometry.type !== 'mask' || record.frame === null) continue;
      editor.document.remove([record.id]);
      addToLabel(editor, record.label, tiledMask(record.geometry), record, record.frame);
    }
  });
}

/** Whether the pixels of a proposal join others: on a volume those of its label, on other stacks a mask that its label has on the frame. */
function belongsToLabel(editor: Editor, { label, geometry, frame, keyframes }: EditorRecord): boolean {
  if (!editor.isStack || geometry.type !== 'mask' || frame === null || keyframes || !mayPaint(editor, label)) return false;
  return editor.picture.scan === 'volume' || labelMask(editor, label, frame) !== undefined;
}

export function rejectProposals(editor: Editor, records: readonly EditorRecord[]): void {
  if (records.length > 0) editor.document.edit(t.edits.reject, () => editor.document.remove(records.map(({ id }) => id)));
}

/** What a reviewer says of the selected annotations; null takes it back. */
export function reviewSelected(editor: Editor, status: EditorRecord['status']): void {
  patchAll(editor, t.edits.review, editor.selection.records().filter((record) => record.status !== status), { status });
}
