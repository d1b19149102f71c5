import { trackForward, type Action, type Editor } from '@fovea/editor';
import { annotateTexts as t } from '../../../texts-annotate.ts';
import { notify } from '../../../ui/notices.ts';
import type { FrameReader } from './frame-reader.ts';
import type { Player } from './player.ts';

const framesAtOnce = 30;

/** What can be done with a video beside what the editor does: play, and follow the selection through the next frames. */
export function playerActions(player: Player): Action[] {
  const isVideo = (editor: Editor) => editor.isVideo;
  let under: AbortController | undefined;
  return [
    { id: 'video.play', title: t.video.play, group: 'Video', shortcuts: ['mod+Space', 'shift+Space', '/'], when: isVideo, run: () => player.togglePlay() },
    { id: 'video.faster', title: t.video.faster, group: 'Video', shortcuts: ['shift+.', '>'], when: isVideo, run: () => player.speed.set(Math.min(8, player.speed.get() * 2)) },
    { id: 'video.slower', title: t.video.slower, group: 'Video', shortcuts: ['shift+,', '<'], when: isVideo, run: () => player.speed.set(Math.max(0.125, player.speed.get() / 2)) },
    {
      id: 'track.forward',
      title: t.video.trackForward(framesAtOnce),
      group: 'Video',
      shortcuts: ['alt+t'],
      when: (editor) => editor.isVideo && editor.selection.size > 0,
      run(editor) {
        under?.abort();
        under = new AbortController();
        void follow(editor, player.frames, under.signal);
      },
    },
    { id: 'track.forwardStop', title: t.video.trackStop, group: 'Video', shortcuts: [], when: () => under !== undefined && !under.signal.aborted, run: () => under?.abort() },
  ];
}

async function follow(editor: Editor, frames: FrameReader, signal: AbortSignal): Promise<void> {
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return;
  try {
    const reached = await trackForward(editor, {
      count: framesAtOnce,
      signal,
      frames: {
        async read(frame, width, height) {
          const picture = await frames.get(frame);
          canvas.width = width;
          canvas.height = height;
          context.drawImage(picture, 0, 0, width, height);
          return context.getImageData(0, 0, width, height);
        },
      },
    });
    const most = Math.max(0, ...reached.values());
    if (most > 0) editor.setFrame(editor.frame + most);
  } catch (error) {
    notify({ tone: 'bad', text: (error as Error).message });
  }
}
