import type { Editor } from '../editor/editor.ts';
import type { EditorRecord } from '../document/record.ts';
import { interpolateSlices } from '../kernels/slice-interpolation.ts';
import { fromPatch, toPatch } from '../masks/combine.ts';
import { maskGeometry, tiledMask } from '../masks/mask-geometry.ts';
import type { TiledMask } from '../masks/tiled-mask.ts';
import { growBounds, intersectBounds, unionBounds } from '../math/bounds.ts';
import { withKeyframe } from '../video/tracks.ts';
import { editorTexts as t } from '../texts.ts';

/** The mask on the way between two others of the same picture, at a share from 0 to 1. */
export function maskBetween(from: TiledMask, to: TiledMask, share: number): TiledMask {
  const bounds = unionBounds([from.bounds(), to.bounds()].filter((each) => each !== undefined));
  const picture = { minX: 0, minY: 0, maxX: from.width, maxY: from.height };
  // Two pixels of nothing around, so that the outline is an outline everywhere.
  const area = bounds && intersectBounds(growBounds(bounds, 2), picture);
  if (!area) return from;
  const [width, height] = [area.maxX - area.minX, area.maxY - area.minY];
  const slice = (mask: TiledMask) => ({ width, height, data: toPatch(mask, area) });
  const { data } = interpolateSlices(slice(from), slice(to), share);
  return fromPatch(from, { x: area.minX, y: area.minY, width, data });
}

/**
 * Fills the frames between masks of one object: between the key frames of a selected mask track around the current
 * frame, or between two selected masks of different frames, which then become one track.
 */
export function interpolateSelectedMasks(editor: Editor): void {
  const records = editor.selection.records().filter(({ type, locked }) => type === 'mask' && !locked);
  const track = records.length === 1 ? records[0] : undefined;
  if (track?.keyframes) fillTrack(editor, track);
  else if (records.length === 2) joinPair(editor, records);
  else editor.notify(t.notices.selectMasks);
}

function fillTrack(editor: Editor, record: EditorRecord): void {
  const keyframes = record.keyframes ?? [];
  const after = keyframes.findIndex(({ frame }) => frame > editor.frame);
  const [before, next] = [keyframes[after - 1], keyframes[after]];
  if (!before || !next || next.frame - before.frame < 2) {
    editor.notify(t.notices.notBetweenKeyframes);
    return;
  }
  editor.document.edit(t.edits.interpolateMasks, () => fillBetween(editor, record, before.frame, next.frame));
}

function joinPair(editor: Editor, pair: readonly EditorRecord[]): void {
  const [first, second] = [...pair].sort((a, b) => (a.frame ?? 0) - (b.frame ?? 0));
  const [from, to] = [first.frame, second.frame];
  if (first.keyframes || second.keyframes || from === null || to === null || from === to) {
    editor.notify(t.notices.selectTwoMasks);
    return;
  }
  const keyframes = [
    { frame: from, geometry: first.geometry },
    { frame: to, geometry: second.geometry },
  ];
  editor.document.edit(t.edits.interpolateMasks, () => {
    editor.document.remove([second.id]);
    editor.document.update([first.id], { keyframes, endFrame: to });
    fillBetween(editor, { ...first, keyframes, endFrame: to }, from, to);
    editor.selection.set([first.id]);
  });
}

function fillBetween(editor: Editor, record: EditorRecord, from: number, to: number): void {
  const at = (frame: number) => record.keyframes?.find((keyframe) => keyframe.frame === frame)?.geometry;
  const [first, last] = [at(from), at(to)];
  if (first?.type !== 'mask' || last?.type !== 'mask') return;
  let next = record;
  for (let frame = from + 1; frame < to; frame++) {
    const mask = maskBetween(tiledMask(first), tiledMask(last), (frame - from) / (to - from));
    next = { ...next, ...withKeyframe(next, frame, { geometry: maskGeometry(mask) }) };
  }
  editor.document.update([record.id], next);
}
