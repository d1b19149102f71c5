import type { Editor } from '../editor/editor.ts';
import type { EditorInput, KeyInput, PointerInput, WheelInput } from '../editor/input.ts';
import type { OverlayItem } from '../editor/overlay.ts';
import type { Gesture, GestureStep, PointerAt, Tool, ToolId } from './gesture.ts';
import { makeTools } from './make-tools.ts';
import { PanGesture } from './pan-gesture.ts';
import { Pinch } from './pinch.ts';
import { SelectTool } from './select-tool.ts';
import { windowGesture } from './window-tool.ts';

/** CSS pixels of a wheel for each frame of a stack. */
const frameScrollPx = 40;

/** Which tool is in hand, and the gesture under way. Everything that a pointer or key does goes through here. */
export class ToolBox {
  private readonly editor: Editor;
  private readonly tools: ReadonlyMap<ToolId, Tool>;
  private tool: Tool;
  private gesture: Gesture | undefined;
  private pan: PanGesture | undefined;
  private readonly pinch: Pinch;
  private isSpaceDown = false;
  private pointer: PointerAt | undefined;
  private scrolled = 0;
  private underPointer: string | undefined;

  constructor(editor: Editor) {
    this.editor = editor;
    this.pinch = new Pinch(editor);
    const tools = makeTools(editor);
    this.tools = new Map(tools.map((tool) => [tool.id, tool]));
    this.tool = tools[0];
  }

  get current(): ToolId {
    return this.tool.id;
  }

  get isBusy(): boolean {
    return this.gesture !== undefined;
  }

  get all(): readonly Tool[] {
    return [...this.tools.values()];
  }

  /** Where the pointer is; undefined when it is not over the canvas. */
  get pointerAt(): PointerAt | undefined {
    return this.pointer;
  }

  /** The shape that a click would select. */
  get hovered(): string | undefined {
    return this.underPointer;
  }

  use(id: ToolId): void {
    const tool = this.tools.get(id);
    if (!tool || tool === this.tool) return;
    this.interrupt();
    this.tool.leave?.();
    this.tool = tool;
    this.editor.events.emit('tool', id);
    this.editor.refreshOverlay();
  }

  /** Ends the gesture under way as if it had not begun. */
  interrupt(): void {
    const gesture = this.gesture;
    this.gesture = undefined;
    this.pan = undefined;
    gesture?.cancel();
    if (gesture) this.editor.refreshOverlay();
  }

  /** Does something that must not happen in the middle of a gesture, which is taken back first. */
  whileIdle(act: () => void): void {
    this.interrupt();
    act();
  }

  /** One selected shape shows the frame that resizes and turns it, or its own handles again. */
  toggleFrame(): void {
    const tool = this.tools.get('select');
    if (tool instanceof SelectTool) tool.setFrame(!tool.showsFrame);
  }

  /** Ends a gesture of many steps (a polygon being drawn) the way Enter does. */
  confirm(): boolean {
    return this.toGesture({ type: 'key', phase: 'down', key: 'Enter', code: 'Enter', repeat: false, shift: false, alt: false, mod: false });
  }

  get cursor(): string {
    if (this.pan) return 'grabbing';
    if (this.isSpaceDown) return 'grab';
    return this.tool.cursor(this.pointer);
  }

  overlay(): readonly OverlayItem[] {
    const fromTool = this.tool.overlay?.(this.pointer) ?? [];
    const fromGesture = this.gesture?.overlay?.() ?? [];
    return fromGesture.length === 0 ? fromTool : [...fromTool, ...fromGesture];
  }

  dispatch(input: EditorInput): boolean {
    if (input.type === 'wheel') return this.wheel(input);
    if (input.type === 'key') return this.key(input);
    return this.point(input);
  }

  private point(input: PointerInput): boolean {
    if (this.pinch.handle(input, () => this.interrupt())) return true;
    const at = this.locate(input);
    this.pointer = input.phase === 'leave' || input.phase === 'cancel' ? undefined : at;
    const isHandled = this.pan ? this.panBy(input, at) : this.toTool(input, at);
    const isLooking = this.tool.id === 'select' && !this.gesture && !this.pan && this.pointer !== undefined;
    const reach = this.editor.imageLength(this.editor.settings.reach);
    this.underPointer = isLooking ? this.editor.scene.hit(at.image, reach)?.record.id : undefined;
    this.editor.refreshOverlay();
    return isHandled;
  }

  private panBy(input: PointerInput, at: PointerAt): boolean {
    if (input.phase === 'move') this.pan?.move(at);
    if (input.phase === 'up' || input.phase === 'cancel') this.pan = undefined;
    return true;
  }

  private toTool(input: PointerInput, at: PointerAt): boolean {
    if (input.phase === 'down') return this.press(input, at);
    if (input.phase === 'cancel') {
      this.interrupt();
      return true;
    }
    if (!this.gesture || input.phase === 'leave') return false;
    this.gesture.move?.(at);
    if (input.phase === 'up') this.after(this.gesture.up?.(at) ?? (this.gesture.down ? 'stay' : 'end'));
    return true;
  }

  private press(input: PointerInput, at: PointerAt): boolean {
    if (input.button === 1 || (this.isSpaceDown && input.button === 0)) {
      this.pan = new PanGesture(this.editor, at);
      return true;
    }
    if (this.gesture) {
      this.after(this.gesture.down?.(at) ?? 'stay');
      return true;
    }
    // On a scan the right button changes the window, whatever tool is in hand.
    this.gesture = input.button === 2 ? (windowGesture(this.editor, at) ?? this.tool.press(at)) : this.tool.press(at);
    return this.gesture !== undefined;
  }

  /** The window has lost the keyboard: nobody will say that keys were released. */
  releaseKeys(): void {
    this.isSpaceDown = false;
    this.editor.refreshOverlay();
  }

  private key(input: KeyInput): boolean {
    if (input.code === 'Space' && !input.mod && !input.alt) {
      this.isSpaceDown = input.phase === 'down';
      this.editor.refreshOverlay();
      return true;
    }
    if (input.phase === 'up') return false;
    if (this.toGesture(input)) return true;
    if (this.gesture && input.key === 'Escape') {
      this.interrupt();
      return true;
    }
    const isHandled = !this.gesture && this.tool.key?.(input) === true;
    if (isHandled) this.editor.refreshOverlay();
    return isHandled;
  }

  private toGesture(input: KeyInput): boolean {
    const step = this.gesture?.key?.(input);
    if (!step) return false;
    this.after(step);
    this.editor.refreshOverlay();
    return true;
  }

  private after(step: GestureStep): void {
    if (step === 'end') this.gesture = undefined;
  }

  private wheel(input: WheelInput): boolean {
    const { camera, settings } = this.editor;
    if (this.editor.isStack && !input.mod && !input.shift) return this.scroll(input);
    const isZoom = input.mod || (settings.wheel === 'zoom' && !input.shift);
    if (isZoom) camera.zoomBy(Math.exp(-input.deltaY * 0.0015), [input.x, input.y]);
    else if (input.shift && input.deltaX === 0) camera.panBy(-input.deltaY, 0);
    else camera.panBy(-input.deltaX, -input.deltaY);
    if (this.pointer) this.pointer = this.locate({ ...this.pointer, x: input.x, y: input.y });
    return true;
  }

  /** Through the frames of a stack: one for each notch, or for so much of a finer wheel. */
  private scroll({ deltaY }: WheelInput): boolean {
    this.scrolled = Math.sign(deltaY) === Math.sign(this.scrolled) ? this.scrolled + deltaY : deltaY;
    const steps = Math.trunc(this.scrolled / frameScrollPx);
    this.scrolled -= steps * frameScrollPx;
    if (steps !== 0) this.editor.setFrame(this.editor.frame + steps);
    return true;
  }

  private locate(input: Omit<PointerInput, 'type' | 'phase' | 'device'>): PointerAt {
    const image = this.editor.camera.toImage([input.x, input.y]);
    return {
      screen: [input.x, input.y],
      image,
      inPicture: this.editor.clampToPicture(image),
      button: input.button,
      clicks: input.clicks,
      pressure: input.pressure,
      shift: input.shift,
      alt: input.alt,
      mod: input.mod,
    };
  }
}
