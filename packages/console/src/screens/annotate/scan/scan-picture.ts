import type { Editor, PictureWindow, PixelSource, Renderer } from '@fovea/editor';
import { FrameStore, type Stack } from '../../item/scan/frame-store.ts';
import { paint, type Frame } from '../../item/scan/frame.ts';
import { createStore, type Store } from '../session/store.ts';
import { pixelsOf } from '../session/picture.ts';
import { flipPixels, type Flips } from '../session/upright.ts';

/** Shows the editor's slice of a scan through its window. The stored values stay as they came: a new window fetches nothing. */
export class ScanPicture {
  readonly frames: FrameStore;
  readonly stack: Stack;
  /** The slice that is on the screen: the editor's, or the one before while that is being fetched. */
  readonly shown: Store<number> = createStore(-1);
  /** The slice and the window that are painted, for whoever waits for the picture. */
  readonly painted: Store<string> = createStore('');
  private readonly editor: Editor;
  private readonly onFault: (error: unknown) => void;
  private readonly stops: (() => void)[];
  private readonly canvas = new OffscreenCanvas(1, 1);
  private image: ImageData | undefined;
  private renderer: Renderer | undefined;
  private current: Frame | undefined;
  private look: PictureWindow | undefined;

  constructor({ editor, stack, flips, onFault }: { editor: Editor; stack: Stack; flips: Flips | undefined; onFault: (error: unknown) => void }) {
    this.editor = editor;
    this.stack = stack;
    this.onFault = onFault;
    this.frames = new FrameStore(stack.places, flips && ((frame) => flipped(frame, flips)));
    this.stops = [editor.events.on('frame', () => void this.show()), editor.events.on('settings', () => this.repaint())];
  }

  setRenderer(renderer: Renderer | undefined): void {
    this.renderer = renderer;
    if (this.current) this.present();
    else void this.show();
  }

  /** What the smart tools look at, and the values that the threshold brush goes by. */
  get pixels(): PixelSource {
    return {
      ...pixelsOf(() => (this.current ? this.canvas : undefined)),
      values: () => (this.current?.kind === 'values' ? this.current : undefined),
    };
  }

  /** The frame that is shown. */
  get frame(): Frame | undefined {
    return this.current;
  }

  /** The values that are shown from black to white; undefined for colours. */
  get window(): PictureWindow | undefined {
    if (this.current?.kind !== 'values') return undefined;
    return this.editor.settings.window ?? this.current.window ?? this.editor.picture.window;
  }

  end(): void {
    for (const stop of this.stops) stop();
    this.frames.close();
  }

  /** Slices that were asked for and are not wanted any more when they arrive are not shown. */
  private async show(): Promise<void> {
    const { frame } = this.editor;
    try {
      const found = await this.frames.get(frame);
      if (this.editor.frame !== frame) return;
      this.current = found;
      this.look = undefined;
      this.tellWindow(found);
      this.present();
      this.shown.set(frame);
    } catch (error) {
      if (this.editor.frame === frame) this.onFault(error);
    }
  }

  /** The first slice says which window the scan begins with, and which values the threshold brush does. */
  private tellWindow(frame: Frame): void {
    const { picture } = this.editor;
    if (frame.kind !== 'values' || picture.window) return;
    const window = frame.window ?? rangeOf(frame);
    this.editor.setPicture({ ...picture, window }, this.pixels);
    this.editor.set({ thresholdLow: Math.round(window.center), thresholdHigh: Math.round(window.center + window.width / 2) });
  }

  private repaint(): void {
    const { window } = this;
    if (window && window !== this.look && this.current) this.present();
  }

  private present(): void {
    const { current, canvas } = this;
    if (!current) return;
    if (canvas.width !== current.width || canvas.height !== current.height) [canvas.width, canvas.height] = [current.width, current.height];
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context) return;
    const { window } = this;
    if (current.kind === 'picture') context.drawImage(current.bitmap, 0, 0);
    else if (window) {
      this.image = this.image?.width === current.width && this.image.height === current.height ? this.image : new ImageData(current.width, current.height);
      paint(current, window, this.image.data);
      context.putImageData(this.image, 0, 0);
    }
    this.look = window;
    this.renderer?.setPicture(canvas, { isStill: false });
    this.painted.set(`${this.editor.frame} ${window?.center ?? ''} ${window?.width ?? ''}`);
  }
}

function flipped(frame: Frame, flips: Flips): Frame {
  if (frame.kind === 'values') {
    flipPixels(frame.data as Float32Array, frame, flips);
    return frame;
  }
  const canvas = new OffscreenCanvas(frame.width, frame.height);
  const context = canvas.getContext('2d');
  context?.setTransform(flips.x ? -1 : 1, 0, 0, flips.y ? -1 : 1, flips.x ? frame.width : 0, flips.y ? frame.height : 0);
  context?.drawImage(frame.bitmap, 0, 0);
  frame.bitmap.close();
  return { ...frame, bitmap: canvas.transferToImageBitmap() };
}

/** The lowest and the highest value of a slice, as a window. */
function rangeOf({ data, slope, intercept }: Extract<Frame, { kind: 'values' }>): PictureWindow {
  let [low, high] = [Infinity, -Infinity];
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!Number.isFinite(low)) return { center: 0, width: 1 };
  return { center: (slope * (low + high)) / 2 + intercept, width: Math.max(1e-6, Math.abs(slope) * (high - low)) };
}
