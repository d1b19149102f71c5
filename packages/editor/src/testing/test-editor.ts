import type { AnnotationGeometry, Xy } from '@fovea/contract';
import { ActionTable } from '../actions/action.ts';
import { editorActions } from '../actions/actions.ts';
import { Editor } from '../editor/editor.ts';
import type { EditorOptions } from '../editor/editor.ts';
import type { KeyInput, Modifiers, PointerInput } from '../editor/input.ts';
import type { EditorRecord } from '../document/record.ts';
import type { ToolId } from '../tools/gesture.ts';

export interface TestEditorOptions extends Partial<EditorOptions> {
  readonly width?: number;
  readonly height?: number;
  readonly frames?: number;
}

const noModifiers: Modifiers = { shift: false, alt: false, mod: false };

/**
 * An editor for tests, moved as a person would move it: by pointer and keys. The camera stands so that one CSS pixel is
 * one image pixel, with (0, 0) in the same place, unless a test moves it; places below are CSS pixels.
 */
export class TestEditor extends Editor {
  /** What the editor told the person. */
  readonly notices: string[] = [];
  readonly actions: ActionTable;
  private held: Modifiers = noModifiers;
  private at: Xy = [0, 0];

  constructor(options: TestEditorOptions = {}) {
    let count = 0;
    super({
      newId: () => `id-${String(++count).padStart(5, '0')}`,
      labels: [
        { name: 'car', color: '#ff0000' },
        { name: 'person', color: '#00ff00' },
        { name: 'tree', color: '#0000ff' },
      ],
      ...options,
    });
    this.actions = new ActionTable(editorActions(this));
    this.setPicture({ width: options.width ?? 1000, height: options.height ?? 800, frames: options.frames });
    this.camera.setViewport({ width: 1000, height: 800, pixelRatio: 1 });
    this.camera.set({ zoom: 1, offsetX: 0, offsetY: 0 });
    this.events.on('notice', (text) => this.notices.push(text));
  }

  use(tool: ToolId): this {
    this.tools.use(tool);
    return this;
  }

  /** Holds modifier keys for what follows in the callback. */
  holding(modifiers: Partial<Modifiers>, act: () => void): this {
    this.held = { ...noModifiers, ...modifiers };
    act();
    this.held = noModifiers;
    return this;
  }

  down(x: number, y: number, more: Partial<PointerInput> = {}): this {
    return this.send('down', x, y, more);
  }

  move(x: number, y: number): this {
    return this.send('move', x, y, {});
  }

  up(x: number = this.at[0], y: number = this.at[1]): this {
    return this.send('up', x, y, {});
  }

  click(x: number, y: number, more: Partial<PointerInput> = {}): this {
    return this.move(x, y).down(x, y, more).up(x, y);
  }

  rightClick(x: number, y: number): this {
    return this.click(x, y, { button: 2 });
  }

  doubleClick(x: number, y: number): this {
    return this.click(x, y, { clicks: 1 }).click(x, y, { clicks: 2 });
  }

  /** Press, a few moves on the way, release. */
  drag(from: Xy, ...to: Xy[]): this {
    this.move(from[0], from[1]).down(from[0], from[1]);
    for (const place of to) {
      const [x, y] = this.at;
      this.move((x + place[0]) / 2, (y + place[1]) / 2).move(place[0], place[1]);
    }
    return this.up();
  }

  /** Presses and releases a key; modifiers are those that are being held. */
  key(key: string, code: string = codeOf(key)): this {
    this.press({ type: 'key', phase: 'down', key, code, repeat: false, ...this.held });
    this.press({ type: 'key', phase: 'up', key, code, repeat: false, ...this.held });
    return this;
  }

  scroll(x: number, y: number, deltaY: number): this {
    this.dispatch({ type: 'wheel', x, y, deltaX: 0, deltaY, ...this.held });
    return this;
  }

  /** The geometries of all records, bottom first. */
  geometries(): AnnotationGeometry[] {
    return this.document.ordered().map((record) => record.geometry);
  }

  /** The only record there is. */
  get only(): EditorRecord {
    const records = this.document.ordered();
    if (records.length !== 1) throw new Error(`There are ${records.length} records`);
    return records[0];
  }

  /** As a page does it: the tool first, then the actions. */
  private press(input: KeyInput): void {
    if (!this.dispatch(input)) this.actions.handle(this, input);
  }

  private send(phase: PointerInput['phase'], x: number, y: number, more: Partial<PointerInput>): this {
    this.at = [x, y];
    this.dispatch({ type: 'pointer', phase, x, y, button: 0, clicks: 1, pressure: 0.5, device: 'mouse', ...this.held, ...more });
    return this;
  }
}

function codeOf(key: string): string {
  if (key === ' ') return 'Space';
  if (/^[a-z]$/i.test(key)) return `Key${key.toUpperCase()}`;
  if (/^\d$/.test(key)) return `Digit${key}`;
  return key;
}
