import type { AnnotationGeometry, Xy } from '@fovea/contract';
import { EditorDocument } from '../document/document.ts';
import type { LoadedAnnotation } from '../document/document.ts';
import type { Clip } from '../editing/clipboard.ts';
import { Emitter } from '../emitter.ts';
import { unionBounds } from '../math/bounds.ts';
import { clamp } from '../math/vector.ts';
import { Camera } from '../scene/camera.ts';
import { Scene } from '../scene/scene.ts';
import type { ToolId } from '../tools/gesture.ts';
import { ToolBox } from '../tools/tool-box.ts';
import type { EditorInput } from './input.ts';
import { KeyboardPointer } from './keyboard-pointer.ts';
import { LabelSet } from './labels.ts';
import type { LabelClass } from './labels.ts';
import type { PictureFacts, PixelSource } from './picture.ts';
import { Selection } from './selection.ts';
import { defaultSettings } from './settings.ts';
import type { EditorSettings } from './settings.ts';
import { snapPoint } from './snapping.ts';
import type { Snap, SnapContext } from './snapping.ts';

export interface EditorEvents extends Record<string, unknown> {
  camera: undefined;
  selection: undefined;
  tool: ToolId;
  settings: EditorSettings;
  labels: undefined;
  frame: number;
  picture: PictureFacts;
  /** Something above the shapes looks different: handles, drafts, guides, the brush. */
  overlay: undefined;
  /** Something a person should be told, such as why a tool did nothing. */
  notice: string;
}

export interface EditorOptions {
  /** Makes ids of annotations and operations (`newId` of @fovea/contract). */
  readonly newId: () => string;
  readonly labels?: readonly LabelClass[];
  readonly settings?: Partial<EditorSettings>;
}

/** An item to be edited. */
export interface OpenedItem {
  readonly picture: PictureFacts;
  /** Bottom first. */
  readonly annotations: Iterable<LoadedAnnotation>;
  readonly pixels?: PixelSource | undefined;
  readonly frame?: number;
}

/**
 * The editor of one item: it ties the document to what is seen (scene, camera, selection) and to what a person does
 * (tools). It knows no page: inputs come by {@link dispatch}, drawing is the renderer's, sending the sync layer's.
 */
export class Editor {
  readonly events = new Emitter<EditorEvents>();
  readonly document: EditorDocument;
  readonly scene: Scene;
  readonly camera: Camera;
  readonly selection: Selection;
  readonly tools: ToolBox;
  readonly keyboardPointer: KeyboardPointer;
  /** What was copied last; the page may carry it to another editor or the system's clipboard. */
  clip: Clip | undefined;
  private asker: ((at: Xy) => void) | undefined;
  private labelSet: LabelSet;
  private label: string;
  private currentSettings: EditorSettings;
  private facts: PictureFacts = { width: 1, height: 1, frames: undefined };
  private pixelSource: PixelSource | undefined;

  constructor(options: EditorOptions) {
    this.document = new EditorDocument({ newId: options.newId });
    this.scene = new Scene(this.document);
    this.camera = new Camera(() => this.events.emit('camera', undefined));
    this.selection = new Selection(this.document, () => this.events.emit('selection', undefined));
    this.currentSettings = { ...defaultSettings, ...options.settings };
    this.labelSet = new LabelSet(options.labels ?? []);
    this.label = options.labels?.[0]?.name ?? 'object';
    this.tools = new ToolBox(this);
    this.keyboardPointer = new KeyboardPointer(this);
  }

  /** Returns whether the input meant something here; the page then keeps the browser from acting on it as well. */
  dispatch(input: EditorInput): boolean {
    if (input.type === 'key' && this.keyboardPointer.handle(input)) return true;
    return this.tools.dispatch(input);
  }

  // --- picture ---

  get picture(): PictureFacts {
    return this.facts;
  }

  /** Pixels for the smart tools; undefined until the page has given them. */
  get pixels(): PixelSource | undefined {
    return this.pixelSource;
  }

  setPicture(facts: PictureFacts, pixels?: PixelSource): void {
    this.facts = facts;
    this.pixelSource = pixels;
    this.camera.setPictureSize(facts.width, facts.height);
    this.events.emit('picture', facts);
  }

  /** Takes up another item: what was under way is dropped, the whole picture is shown. */
  open({ picture, annotations, pixels, frame = 0 }: OpenedItem): void {
    this.tools.interrupt();
    this.selection.clear();
    this.scene.setFrame(frame);
    this.setPicture(picture, pixels);
    this.document.load(annotations);
    this.camera.fit();
    this.events.emit('frame', frame);
  }

  get isVideo(): boolean {
    return this.facts.frames !== undefined && this.facts.scan === undefined;
  }

  /** The frames of a scan: nothing moves from one to the next, and pixels belong to labels. */
  get isStack(): boolean {
    return this.facts.frames !== undefined && this.facts.scan !== undefined;
  }

  get frame(): number {
    return this.scene.frame;
  }

  setFrame(frame: number): void {
    const next = clamp(Math.round(frame), 0, Math.max(0, (this.facts.frames ?? 1) - 1));
    if (next === this.scene.frame) return;
    this.tools.interrupt();
    this.scene.setFrame(next);
    this.events.emit('frame', next);
  }

  // --- labels ---

  get labels(): LabelSet {
    return this.labelSet;
  }

  setLabels(labels: readonly LabelClass[]): void {
    this.labelSet = new LabelSet(labels);
    if (!this.labelSet.get(this.label)) this.label = labels[0]?.name ?? this.label;
    this.events.emit('labels', undefined);
  }

  /** The label that the next shape gets. */
  get activeLabel(): string {
    return this.label;
  }

  setActiveLabel(name: string): void {
    this.label = name;
    this.events.emit('labels', undefined);
  }

  // --- settings ---

  get settings(): EditorSettings {
    return this.currentSettings;
  }

  set(settings: Partial<EditorSettings>): void {
    this.currentSettings = { ...this.currentSettings, ...settings };
    this.events.emit('settings', this.currentSettings);
  }

  // --- models ---

  /** Asks a model what lies at a place; undefined while there is none. */
  get modelAsker(): ((at: Xy) => void) | undefined {
    return this.asker;
  }

  setModelAsker(asker: ((at: Xy) => void) | undefined): void {
    this.asker = asker;
    if (!asker && this.tools.current === 'ask_model') this.tools.use('select');
    this.events.emit('tool', this.tools.current);
  }

  // --- places ---

  /** Image pixels for a length in CSS pixels. */
  imageLength(cssPx: number): number {
    return cssPx / this.camera.zoom;
  }

  clampToPicture([x, y]: Xy): Xy {
    if (!this.currentSettings.stayInPicture) return [x, y];
    return [clamp(x, 0, this.facts.width), clamp(y, 0, this.facts.height)];
  }

  snap(point: Xy, exclude: ReadonlySet<string> = new Set()): Snap {
    const snap = snapPoint(point, this.snapContext(exclude));
    return { ...snap, point: this.clampToPicture(snap.point) };
  }

  snapContext(exclude: ReadonlySet<string>): SnapContext {
    return {
      scene: this.scene,
      settings: this.currentSettings,
      picture: this.facts,
      reach: this.imageLength(this.currentSettings.reach),
      exclude,
    };
  }

  /** The geometry of a record on the current frame. */
  geometryOf(id: string): AnnotationGeometry | undefined {
    return this.scene.get(id)?.geometry;
  }

  /** Shows records as large as they fit, at most eight times their size. */
  zoomToRecords(ids: Iterable<string>): void {
    const entries = [...ids].flatMap((id) => this.scene.get(id) ?? []);
    const bounds = unionBounds(entries);
    if (bounds) this.camera.zoomTo(bounds);
  }

  refreshOverlay(): void {
    this.events.emit('overlay', undefined);
  }

  notify(text: string): void {
    this.events.emit('notice', text);
  }
}
