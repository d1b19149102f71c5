import type { EditorRecord } from '../document/record.ts';
import type { Editor } from '../editor/editor.ts';
import { joinMasks } from '../masks/combine.ts';
import { maskGeometry, tiledMask } from '../masks/mask-geometry.ts';
import { stackMask, volumeWith } from '../masks/stack-mask.ts';
import { TiledMask } from '../masks/tiled-mask.ts';
import { maskBetween } from '../smart/interpolate-masks.ts';
import { addToLabel, labelMask, maskOnFrame, setMask } from './label-masks.ts';
import { newRecord } from './shapes.ts';
import { editorTexts as t } from '../texts.ts';

/** What can be done to the pixels of a label on the frames of a stack. Each is one step of the history. */

/** The label that a command is about: that of the selected record, else the one in hand. */
function labelMeant(editor: Editor): string {
  return editor.selection.single?.label ?? editor.activeLabel;
}

/** The masks of a label by frame: of its volume, or one for each frame. */
function masksOf(editor: Editor, label: string): Map<number, TiledMask> {
  const found = new Map<number, TiledMask>();
  const add = (frame: number, mask: TiledMask) => {
    const before = found.get(frame);
    found.set(frame, before ? joinMasks(before, [mask]) : mask);
  };
  for (const { geometry, frame, label: of } of editor.document.ordered()) {
    if (of !== label) continue;
    if (geometry.type === 'mask' && frame !== null) add(frame, tiledMask(geometry));
    const stack = geometry.type === 'volume' ? stackMask(geometry) : undefined;
    for (const at of stack?.painted() ?? []) {
      const mask = stack?.at(at);
      if (mask) add(at, tiledMask(mask));
    }
  }
  return found;
}

/** Frames with pixels of the label, ascending. */
export function paintedFrames(editor: Editor, label: string): number[] {
  return [...masksOf(editor, label).keys()].sort((a, b) => a - b);
}

/**
 * Fills the frames between those that were painted, by shapes on the way from one to the next: the gap that the current
 * frame lies in, or all gaps of the label where it lies in none.
 */
export function fillBetweenSlices(editor: Editor): void {
  const label = labelMeant(editor);
  const masks = masksOf(editor, label);
  const painted = [...masks.keys()].sort((a, b) => a - b);
  const all = painted.flatMap((from, index) => {
    const to = painted[index + 1];
    return to !== undefined && to - from > 1 ? [{ from, to }] : [];
  });
  const here = all.filter(({ from, to }) => from < editor.frame && editor.frame < to);
  const gaps = here.length > 0 ? here : all;
  if (gaps.length === 0) {
    editor.notify(t.notices.paintTwoSlices(label));
    return;
  }
  const made = new Map<number, TiledMask>();
  for (const { from, to } of gaps) {
    const [first, last] = [masks.get(from), masks.get(to)];
    if (!first || !last) continue;
    for (let frame = from + 1; frame < to; frame++) made.set(frame, maskBetween(first, last, (frame - from) / (to - from)));
  }
  editor.document.edit(t.edits.fillBetweenSlices, () => write(editor, label, made));
}

function write(editor: Editor, label: string, made: ReadonlyMap<number, TiledMask>): void {
  const volume = volumeOf(editor, label);
  if (volume) {
    editor.document.update([volume.id], ({ geometry }) => {
      let stack = geometry.type === 'volume' ? stackMask(geometry) : undefined;
      if (geometry.type !== 'volume' || !stack) return undefined;
      for (const [frame, mask] of made) stack = stack.with(frame, mask);
      return { geometry: volumeWith(geometry, stack) };
    });
    return;
  }
  const records = [...made].filter(([, mask]) => !mask.isEmpty).map(([frame, mask]) => ({ ...newRecord(editor, maskGeometry(mask)), label, frame }));
  editor.document.create(records);
}

function volumeOf(editor: Editor, label: string): EditorRecord | undefined {
  return editor.document.ordered().findLast(({ geometry, label: of, locked }) => of === label && !locked && geometry.type === 'volume' && stackMask(geometry) !== undefined);
}

/** The pixels of the label on the nearest painted frame before this one, added to this one. */
export function copyFromSliceBefore(editor: Editor): void {
  const label = labelMeant(editor);
  const masks = masksOf(editor, label);
  const before = Math.max(...[...masks.keys()].filter((frame) => frame < editor.frame));
  const mask = masks.get(before);
  if (!mask) editor.notify(t.notices.noSliceBefore(label));
  else editor.document.edit(t.edits.copyFromTheSliceBefore, () => void addToLabel(editor, label, mask));
}

/** Takes the label's pixels away from this frame; the other frames keep theirs. */
export function clearSlice(editor: Editor): void {
  const record = labelMask(editor, labelMeant(editor));
  const mask = record && maskOnFrame(editor, record.id);
  if (!record || !mask || mask.isEmpty) return;
  editor.document.edit(t.edits.clearTheSlice, () => setMask(editor, record.id, new TiledMask(mask.width, mask.height)));
}

/** To the next frame, or the one before, that the label is painted on. */
export function goToPainted(editor: Editor, step: 1 | -1): void {
  const frames = paintedFrames(editor, labelMeant(editor)).filter((frame) => (frame - editor.frame) * step > 0);
  if (frames.length > 0) editor.setFrame(step > 0 ? Math.min(...frames) : Math.max(...frames));
}

/** Shows a record where it has pixels: the nearest of its frames, when it has none on this one. */
export function goToRecord(editor: Editor, id: string): void {
  const record = editor.document.get(id);
  if (!record || editor.scene.get(id)) return;
  const { geometry, frame } = record;
  const frames = geometry.type === 'volume' ? (stackMask(geometry)?.painted() ?? []) : frame === null ? [] : [frame];
  const [nearest] = frames.sort((a, b) => Math.abs(a - editor.frame) - Math.abs(b - editor.frame));
  if (nearest !== undefined) editor.setFrame(nearest);
}
