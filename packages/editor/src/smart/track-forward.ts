import type { AnnotationGeometry } from '@fovea/contract';
import type { Editor } from '../editor/editor.ts';
import type { EditorRecord } from '../document/record.ts';
import type { PixelRect } from '../editor/picture.ts';
import { CorrelationTracker } from '../kernels/correlation-tracker.ts';
import { toGray } from '../kernels/image.ts';
import { boundsCenter } from '../math/bounds.ts';
import { scaling, translation } from '../math/matrix.ts';
import { kindOf } from '../shapes/registry.ts';
import { toTrack, withKeyframe } from '../video/tracks.ts';
import { editorTexts as t } from '../texts.ts';

/** Gives frames of a video, scaled; the page decides how they are decoded. */
export interface FrameSource {
  read(frame: number, toWidth: number, toHeight: number): Promise<PixelRect>;
}

export interface TrackForwardOptions {
  readonly frames: FrameSource;
  /** How many frames to follow. */
  readonly count: number;
  /** A key frame at least every so many frames; the object moves evenly in between. */
  readonly keyframeEvery?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** The longer side of the frames that the tracker looks at. */
const trackedSide = 640;
/** Below this the object is lost (see the tracker). */
const leastPeakRatio = 7;

interface Follow {
  readonly record: EditorRecord;
  readonly geometry: AnnotationGeometry;
  readonly start: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly tracker: CorrelationTracker;
  readonly keyframes: { frame: number; geometry: AnnotationGeometry }[];
  isLost: boolean;
}

/**
 * Follows the selected shapes through the next frames and gives their tracks key frames: one step of the history, written
 * when all frames have been looked at. A shape that is lost keeps what was found before. Returns how many frames each
 * record was followed, by id. Stopping by the signal keeps what was found so far.
 */
export async function trackForward(editor: Editor, options: TrackForwardOptions): Promise<ReadonlyMap<string, number>> {
  const from = editor.frame;
  const last = Math.min(from + options.count, (editor.picture.frames ?? 1) - 1);
  const every = options.keyframeEvery ?? 5;
  const { width, height } = editor.picture;
  const shrink = Math.min(1, trackedSide / Math.max(width, height));
  const size = [Math.max(1, Math.round(width * shrink)), Math.max(1, Math.round(height * shrink))] as const;
  const first = toGray(await options.frames.read(from, ...size));
  const follows = beginAll(editor, shrink, first);
  let frame = from;
  while (frame < last && !options.signal?.aborted && follows.some(({ isLost }) => !isLost)) {
    frame++;
    const pixels = toGray(await options.frames.read(frame, ...size));
    for (const follow of follows) {
      if (!follow.isLost) step(follow, pixels, { frame, shrink, isKept: (frame - from) % every === 0 || frame === last });
    }
    options.onProgress?.(frame - from, last - from);
  }
  write(editor, follows, from, last);
  return new Map(follows.map(({ record, keyframes }) => [record.id, (keyframes.at(-1)?.frame ?? from) - from]));
}

function beginAll(editor: Editor, shrink: number, first: ReturnType<typeof toGray>): Follow[] {
  return editor.selection.records().flatMap((record): Follow[] => {
    const entry = editor.scene.get(record.id);
    if (!entry || record.locked || entry.maxX - entry.minX < 2 || entry.maxY - entry.minY < 2) return [];
    const start = { x: entry.minX * shrink, y: entry.minY * shrink, width: (entry.maxX - entry.minX) * shrink, height: (entry.maxY - entry.minY) * shrink };
    return [{ record, geometry: entry.geometry, start, tracker: new CorrelationTracker(first, start), keyframes: [], isLost: false }];
  });
}

function step(follow: Follow, pixels: ReturnType<typeof toGray>, { frame, shrink, isKept }: { frame: number; shrink: number; isKept: boolean }): void {
  const { box, peakRatio } = follow.tracker.next(pixels);
  follow.isLost = peakRatio < leastPeakRatio;
  if (follow.isLost || !isKept) return;
  const kind = kindOf(follow.geometry);
  const bounds = kind.bounds(follow.geometry);
  if (!bounds) return;
  // The shape goes with the box that the tracker follows: by its middle and its size.
  const grown = kind.transform(follow.geometry, scaling(box.width / follow.start.width, box.height / follow.start.height, boundsCenter(bounds)));
  const dx = (box.x + box.width / 2 - follow.start.x - follow.start.width / 2) / shrink;
  const dy = (box.y + box.height / 2 - follow.start.y - follow.start.height / 2) / shrink;
  follow.keyframes.push({ frame, geometry: kind.transform(grown, translation(dx, dy)) });
}

/** Key frames that the person set on the way give way to what was found. */
function write(editor: Editor, follows: readonly Follow[], from: number, last: number): void {
  const found = follows.filter(({ keyframes, record }) => keyframes.length > 0 && editor.document.has(record.id));
  const lost = follows.filter(({ isLost }) => isLost).length;
  if (lost > 0) editor.notify(t.notices.lostOnTheWay(lost));
  if (found.length === 0) return;
  editor.document.edit(t.edits.trackForward, () => {
    for (const { record, geometry, keyframes } of found) {
      const reached = keyframes.at(-1)?.frame ?? from;
      editor.document.update([record.id], (current) => {
        let next: EditorRecord = current.keyframes ? current : { ...current, ...toTrack(current, from, last) };
        const kept = next.keyframes?.filter(({ frame }) => frame <= from || frame > reached) ?? [];
        next = { ...next, keyframes: kept };
        for (const change of [{ frame: from, geometry }, ...keyframes]) next = { ...next, ...withKeyframe(next, change.frame, { geometry: change.geometry }) };
        return next;
      });
    }
  });
}
