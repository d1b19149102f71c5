import type { Editor } from '../editor/editor.ts';
import * as tracks from '../editing/track-commands.ts';
import { interpolateSelectedMasks } from '../smart/interpolate-masks.ts';
import { action } from './action.ts';
import type { Action } from './action.ts';

const isVideo = (editor: Editor) => editor.isVideo;
const hasTrack = (editor: Editor) => editor.isVideo && editor.selection.records().some(({ keyframes }) => keyframes !== undefined);
const hasSelection = (editor: Editor) => editor.isVideo && editor.selection.size > 0;

const step = (by: number) => (editor: Editor) => editor.setFrame(editor.frame + by);
/** Frames that "propagate" copies to when nobody says how many. */
const propagatedFrames = 10;

export const videoActions: readonly Action[] = [
  action('Video', 'video.next', { shortcuts: ['f', '.'], when: isVideo, run: step(1) }),
  action('Video', 'video.previous', { shortcuts: ['d', ','], when: isVideo, run: step(-1) }),
  action('Video', 'video.forward', { shortcuts: ['shift+f'], when: isVideo, run: step(10) }),
  action('Video', 'video.backward', { shortcuts: ['shift+d'], when: isVideo, run: step(-10) }),
  action('Video', 'video.first', { shortcuts: ['Home'], when: isVideo, run: (editor) => editor.setFrame(0) }),
  action('Video', 'video.last', { shortcuts: ['End'], when: isVideo, run: (editor) => editor.setFrame((editor.picture.frames ?? 1) - 1) }),
  action('Video', 'video.nextKeyframe', { shortcuts: ['alt+f'], when: hasTrack, run: (editor) => tracks.goToKeyframe(editor, 1) }),
  action('Video', 'video.previousKeyframe', { shortcuts: ['alt+d'], when: hasTrack, run: (editor) => tracks.goToKeyframe(editor, -1) }),
  action('Video', 'track.keyframe', { shortcuts: ['r'], when: hasTrack, run: tracks.toggleKeyframe }),
  action('Video', 'track.outside', { shortcuts: ['q'], when: hasTrack, run: tracks.toggleOutside }),
  action('Video', 'track.occluded', { shortcuts: ['shift+q'], when: hasTrack, run: tracks.toggleOccluded }),
  action('Video', 'track.split', { shortcuts: ['alt+s'], when: hasTrack, run: tracks.splitTracks }),
  action('Video', 'track.merge', { shortcuts: ['alt+m'], when: (editor) => hasTrack(editor) && editor.selection.size > 1, run: tracks.mergeSelectedTracks }),
  action('Video', 'track.make', {
    when: (editor) => editor.isVideo && editor.selection.records().some(({ keyframes }) => !keyframes),
    run: tracks.makeTracks,
  }),
  action('Video', 'track.propagate', { shortcuts: ['mod+b'], when: hasSelection, run: (editor) => tracks.propagateSelected(editor, propagatedFrames) }),
  action('Video', 'track.interpolateMasks', { shortcuts: ['alt+i'], when: (editor) => editor.isVideo && editor.selection.records().some(({ type }) => type === 'mask'), run: interpolateSelectedMasks }),
  action('Video', 'video.copyPrevious', { shortcuts: ['mod+shift+c'], when: (editor) => editor.isVideo && editor.frame > 0, run: tracks.copyFromPreviousFrame }),
];
