import type { Editor } from '../editor/editor.ts';
import type { EditorRecord, RecordPatch } from '../document/record.ts';
import type { Attributes } from '@fovea/contract';
import { lastFrame, stateAt } from '../video/track-state.ts';
import { joinRecords, leaveAt, neighbourKeyframe, propagate, splitRecord, toTrack, withAttributes, withKeyframe, withoutKeyframe } from '../video/tracks.ts';
import { editorTexts as t } from '../texts.ts';

/** What can be done to selected tracks on the current frame. Each is one step of the history. */

function selectedTracks(editor: Editor): EditorRecord[] {
  return editor.selection.records().filter(({ keyframes, locked }) => keyframes !== undefined && !locked);
}

function patchTracks(editor: Editor, title: string, patch: (record: EditorRecord) => RecordPatch | undefined): void {
  const tracks = selectedTracks(editor);
  if (tracks.length > 0) editor.document.edit(title, () => editor.document.update(tracks.map(({ id }) => id), patch));
}

/** Holds the track fast on this frame, or lets go of it where it is held. */
export function toggleKeyframe(editor: Editor): void {
  const { frame } = editor;
  patchTracks(editor, t.edits.keyFrame, (record) =>
    record.keyframes?.some((keyframe) => keyframe.frame === frame) ? withoutKeyframe(record, frame) : withKeyframe(record, frame, {}),
  );
}

/** From this frame on the object is not in the picture; on a frame where it has left already, it comes back. */
export function toggleOutside(editor: Editor): void {
  const { frame } = editor;
  patchTracks(editor, t.edits.leaveThePicture, (record) =>
    stateAt(record, frame) ? leaveAt(record, frame) : withKeyframe(record, frame, { outside: false }),
  );
}

export function toggleOccluded(editor: Editor): void {
  const { frame } = editor;
  patchTracks(editor, t.edits.covered, (record) => {
    const state = stateAt(record, frame);
    return state && withKeyframe(record, frame, { occluded: !state.occluded });
  });
}

/** Cuts the selected tracks before this frame; the later parts are selected. */
export function splitTracks(editor: Editor): void {
  const parts = selectedTracks(editor).flatMap((record) => {
    const split = splitRecord(record, editor.frame, editor.document.newId());
    return split ? [{ record, ...split }] : [];
  });
  if (parts.length === 0) {
    editor.notify(t.notices.splitWithin);
    return;
  }
  editor.document.edit(t.edits.splitTrack, () => {
    for (const { record, first } of parts) editor.document.update([record.id], first);
    editor.document.create(parts.map(({ second }) => second));
    editor.selection.set(parts.map(({ second }) => second.id));
  });
}

/** Makes one track of the two or more selected, which must not share frames. */
export function mergeSelectedTracks(editor: Editor): void {
  const [first, ...others] = selectedTracks(editor).sort((a, b) => (a.frame ?? 0) - (b.frame ?? 0));
  if (!first || others.length === 0) return;
  let whole = first;
  for (const other of others) {
    const joined = joinRecords(whole, other);
    if (!joined || other.type !== whole.type) {
      editor.notify(t.notices.mergeApart);
      return;
    }
    whole = { ...whole, ...joined };
  }
  editor.document.edit(t.edits.mergeTracks, () => {
    editor.document.remove(others.map(({ id }) => id));
    editor.document.update([first.id], whole);
    editor.selection.set([first.id]);
  });
}

/** Copies the selected shapes to the next frames; tracks are made to last that long, with a key frame here. */
export function propagateSelected(editor: Editor, frames: number): void {
  const end = Math.min(editor.frame + frames, (editor.picture.frames ?? 1) - 1);
  const to = Array.from({ length: Math.max(0, end - editor.frame) }, (_, index) => editor.frame + 1 + index);
  const records = editor.selection.records().filter(({ locked }) => !locked);
  if (to.length === 0 || records.length === 0) return;
  editor.document.edit(t.edits.propagate, () => {
    for (const record of records) {
      if (record.keyframes) editor.document.update([record.id], { ...withKeyframe(record, editor.frame, {}), endFrame: Math.max(lastFrame(record), end) });
      else editor.document.create(propagate(record, editor.frame, to, () => editor.document.newId()));
    }
  });
}

/** Selected shapes of one frame become tracks that last to the end of the video. */
export function makeTracks(editor: Editor): void {
  const end = (editor.picture.frames ?? 1) - 1;
  const records = editor.selection.records().filter(({ keyframes, locked }) => !keyframes && !locked);
  if (records.length > 0) editor.document.edit(t.edits.makeTrack, () => editor.document.update(records.map(({ id }) => id), (record) => toTrack(record, editor.frame, end)));
}

/** Attributes of the selection: of a track from this frame on when `perFrame`, else of the whole object. */
export function setAttributes(editor: Editor, change: Attributes, perFrame: boolean): void {
  const records = editor.selection.records().filter(({ locked }) => !locked);
  if (records.length === 0) return;
  editor.document.edit(t.edits.attributes, () =>
    editor.document.update(records.map(({ id }) => id), (record) => withAttributes(record, change, perFrame ? editor.frame : undefined)),
  );
}

/** Goes to the nearest key frame of the selection before or after this one. */
export function goToKeyframe(editor: Editor, step: 1 | -1): void {
  const frames = selectedTracks(editor).flatMap((record) => neighbourKeyframe(record, editor.frame, step) ?? []);
  if (frames.length > 0) editor.setFrame(step > 0 ? Math.min(...frames) : Math.max(...frames));
}

/** Shapes of the frame before, put onto this one as shapes of this frame; those already tracked here are left out. */
export function copyFromPreviousFrame(editor: Editor): void {
  const { frame } = editor;
  const copies = editor.document.ordered().flatMap((record) => {
    if (record.frame === null || stateAt(record, frame) || !stateAt(record, frame - 1)) return [];
    return propagate(record, frame - 1, [frame], () => editor.document.newId());
  });
  if (copies.length === 0) return;
  editor.document.edit(t.edits.copyFromTheFrameBefore, () => editor.document.create(copies));
  editor.selection.set(copies.map(({ id }) => id));
}
