import type { Editor, Renderer } from '@fovea/editor';
import { createStore, type Store } from '../session/store.ts';
import type { FramePicture, FrameReader } from './frame-reader.ts';

/** Shows the editor's frame, and plays: a frame is shown for as long as the video says, and none is left out when the decoder keeps up. */
export class Player {
  readonly isPlaying: Store<boolean> = createStore(false);
  readonly speed: Store<number> = createStore(1);
  /** The frame that is on the screen: the editor's, or one before it while that is being decoded. */
  readonly shown: Store<number> = createStore(-1);
  readonly frames: FrameReader;
  private readonly editor: Editor;
  private readonly onFault: (error: unknown) => void;
  private renderer: Renderer | undefined;
  private current: FramePicture | undefined;
  private readonly stops: (() => void)[];
  private wanted = -1;

  constructor({ editor, frames, onFault }: { editor: Editor; frames: FrameReader; onFault: (error: unknown) => void }) {
    this.editor = editor;
    this.frames = frames;
    this.onFault = onFault;
    this.stops = [editor.events.on('frame', () => void this.show())];
  }

  setRenderer(renderer: Renderer | undefined): void {
    this.renderer = renderer;
    if (this.current) renderer?.setPicture(this.current, { isStill: false });
    else void this.show();
  }

  /** What the smart tools look at. */
  get picture(): FramePicture | undefined {
    return this.current;
  }

  togglePlay(): void {
    if (this.isPlaying.get()) this.isPlaying.set(false);
    else void this.play();
  }

  end(): void {
    this.isPlaying.set(false);
    for (const stop of this.stops) stop();
    this.frames.end();
  }

  private async play(): Promise<void> {
    this.isPlaying.set(true);
    if (this.editor.frame >= this.frames.count - 1) this.editor.setFrame(0);
    let beganAt = performance.now();
    let from = this.frames.secondsOf(this.editor.frame);
    let speed = this.speed.get();
    while (this.isPlaying.get() && this.editor.frame < this.frames.count - 1) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      if (speed !== this.speed.get() || this.shown.get() !== this.editor.frame) {
        // A new speed, or a decoder that does not keep up: the clock begins anew rather than leaving frames out.
        speed = this.speed.get();
        beganAt = performance.now();
        from = this.frames.secondsOf(this.editor.frame);
        continue;
      }
      const due = this.frames.frameAt(from + ((performance.now() - beganAt) / 1_000) * speed);
      if (due > this.editor.frame) this.editor.setFrame(speed > 1 ? due : this.editor.frame + 1);
    }
    this.isPlaying.set(false);
  }

  /** Frames that were asked for and are not wanted any more when they are decoded are not shown. */
  private async show(): Promise<void> {
    const { frame } = this.editor;
    this.wanted = frame;
    try {
      const picture = await this.frames.get(frame);
      if (this.wanted !== frame) return;
      this.current = picture;
      this.renderer?.setPicture(picture, { isStill: false });
      this.shown.set(frame);
      this.frames.prepare(frame);
    } catch (error) {
      this.isPlaying.set(false);
      this.onFault(error);
    }
  }
}
