import type { Editor } from '../editor/editor.ts';
import * as tracks from '../editing/track-commands.ts';
import { interpolateSelectedMasks } from '../smart/interpolate-masks.ts';
import type { Action, ActionGroup } from './action.ts';

type MakeAction = (group: ActionGroup, id: string, title: string, more: Partial<Pick<Action, 'shortcuts' | 'when'>> & Pick<Action, 'run'>) => Action;

const isVideo = (editor: Editor) => editor.isVideo;
const hasTrack = (editor: Editor) => editor.isVideo && editor.selection.records().some(({ keyframes }) => keyframes !== undefined);
const hasSelection = (editor: Editor) => editor.isVideo && editor.selection.size > 0;

const step = (by: number) => (editor: Editor) => editor.setFrame(editor.frame + by);
/** Frames that "propagate" copies to when nobody says how many. */
const propagatedFrames = 10;

export function videoActions(action: MakeAction): Action[] {
  return [
    action('Video', 'video.next', 'Next frame', { shortcuts: ['f', '.'], when: isVideo, run: step(1) }),
    action('Video', 'video.previous', 'Previous frame', { shortcuts: ['d', ','], when: isVideo, run: step(-1) }),
    action('Video', 'video.forward', 'Ten frames on', { shortcuts: ['shift+f'], when: isVideo, run: step(10) }),
    action('Video', 'video.backward', 'Ten frames back', { shortcuts: ['shift+d'], when: isVideo, run: step(-10) }),
    action('Video', 'video.first', 'First frame', { shortcuts: ['Home'], when: isVideo, run: (editor) => editor.setFrame(0) }),
    action('Video', 'video.last', 'Last frame', { shortcuts: ['End'], when: isVideo, run: (editor) => editor.setFrame((editor.picture.frames ?? 1) - 1) }),
    action('Video', 'video.nextKeyframe', 'Next key frame', { shortcuts: ['alt+f'], when: hasTrack, run: (editor) => tracks.goToKeyframe(editor, 1) }),
    action('Video', 'video.previousKeyframe', 'Previous key frame', { shortcuts: ['alt+d'], when: hasTrack, run: (editor) => tracks.goToKeyframe(editor, -1) }),
    action('Video', 'track.keyframe', 'Set or clear the key frame', { shortcuts: ['r'], when: hasTrack, run: tracks.toggleKeyframe }),
    action('Video', 'track.outside', 'Leaves the picture, or comes back', { shortcuts: ['q'], when: hasTrack, run: tracks.toggleOutside }),
    action('Video', 'track.occluded', 'Covered by another object', { shortcuts: ['shift+q'], when: hasTrack, run: tracks.toggleOccluded }),
    action('Video', 'track.split', 'Split the track here', { shortcuts: ['alt+s'], when: hasTrack, run: tracks.splitTracks }),
    action('Video', 'track.merge', 'Merge tracks', { shortcuts: ['alt+m'], when: (editor) => hasTrack(editor) && editor.selection.size > 1, run: tracks.mergeSelectedTracks }),
    action('Video', 'track.make', 'Make a track of it', {
      when: (editor) => editor.isVideo && editor.selection.records().some(({ keyframes }) => !keyframes),
      run: tracks.makeTracks,
    }),
    action('Video', 'track.propagate', 'Copy to the next ten frames', { shortcuts: ['mod+b'], when: hasSelection, run: (editor) => tracks.propagateSelected(editor, propagatedFrames) }),
    action('Video', 'track.interpolateMasks', 'Fill the frames between masks', { shortcuts: ['alt+i'], when: (editor) => editor.isVideo && editor.selection.records().some(({ type }) => type === 'mask'), run: interpolateSelectedMasks }),
    action('Video', 'video.copyPrevious', 'Copy from the frame before', { shortcuts: ['mod+shift+c'], when: (editor) => editor.isVideo && editor.frame > 0, run: tracks.copyFromPreviousFrame }),
  ];
}
