import type { AnnotationGeometry, Xy } from '@fovea/contract';
import RBush from 'rbush';
import { changesOf } from '../document/diff.ts';
import type { RecordsDiff } from '../document/diff.ts';
import type { EditorDocument } from '../document/document.ts';
import { compareOrder } from '../document/record.ts';
import type { EditorRecord } from '../document/record.ts';
import { Emitter } from '../emitter.ts';
import { boundsArea, boundsContain } from '../math/bounds.ts';
import type { Bounds } from '../math/bounds.ts';
import { kindOf } from '../shapes/registry.ts';
import { stateAt } from '../video/track-state.ts';

/** A record as it stands on the current frame. The index keeps these by their bounds. */
export interface SceneEntry extends Bounds {
  readonly record: EditorRecord;
  readonly geometry: AnnotationGeometry;
  /** The object is there but covered by another (of a track's key frame). */
  readonly occluded: boolean;
}

export interface SceneChange {
  readonly id: string;
  readonly before: SceneEntry | undefined;
  readonly after: SceneEntry | undefined;
}

/** With more changes at once the index is made anew: 10,000 take 10 ms so, and 200 ms one by one. */
const manyChanges = 400;

interface SceneEvents extends Record<string, unknown> {
  /** Undefined: everything may have changed (another item or frame). */
  change: readonly SceneChange[] | undefined;
}

/**
 * What is on the picture now: the visible records of the current frame, with their bounds in a spatial index that
 * follows each change.
 */
export class Scene {
  readonly events = new Emitter<SceneEvents>();
  private readonly document: EditorDocument;
  private index = new RBush<SceneEntry>(16);
  private entries = new Map<string, SceneEntry>();
  private currentFrame = 0;
  private hiddenLabels: ReadonlySet<string> = new Set();

  constructor(document: EditorDocument) {
    this.document = document;
    document.events.on('change', ({ diff, origin }) => (origin === 'load' ? this.rebuild() : this.follow(diff)));
    this.rebuild();
  }

  get frame(): number {
    return this.currentFrame;
  }

  setFrame(frame: number): void {
    if (frame === this.currentFrame) return;
    this.currentFrame = frame;
    this.rebuild();
  }

  /** Labels whose shapes are not shown. */
  setHiddenLabels(labels: ReadonlySet<string>): void {
    this.hiddenLabels = labels;
    this.rebuild();
  }

  get size(): number {
    return this.entries.size;
  }

  get(id: string): SceneEntry | undefined {
    return this.entries.get(id);
  }

  all(): Iterable<SceneEntry> {
    return this.entries.values();
  }

  /** The entries whose bounds touch a rectangle, in no order. */
  search(bounds: Bounds): SceneEntry[] {
    return this.index.search(bounds);
  }

  /** The same, bottom first: for drawing. */
  searchOrdered(bounds: Bounds): SceneEntry[] {
    return this.index.search(bounds).sort(compareEntries);
  }

  /** Those that lie wholly within a rectangle. */
  searchWithin(bounds: Bounds): SceneEntry[] {
    return this.index.search(bounds).filter((entry) => boundsContain(bounds, entry));
  }

  /**
   * The shapes under a point, best first: those whose outline is near before those that merely lie around it, among
   * those the smaller first, so that a small shape within a large one can be reached.
   */
  hitAll(point: Xy, tolerance: number, wanted: (entry: SceneEntry) => boolean = () => true): SceneEntry[] {
    const [x, y] = point;
    const near = this.index.search({ minX: x - tolerance, minY: y - tolerance, maxX: x + tolerance, maxY: y + tolerance });
    const edges: SceneEntry[] = [];
    const insides: SceneEntry[] = [];
    for (const entry of near) {
      if (!wanted(entry)) continue;
      const kind = kindOf(entry.geometry);
      if (kind.hit(entry.geometry, point, { tolerance, inside: false })) edges.push(entry);
      else if (kind.hit(entry.geometry, point, { tolerance, inside: true })) insides.push(entry);
    }
    edges.sort((a, b) => compareEntries(b, a));
    insides.sort((a, b) => boundsArea(a) - boundsArea(b) || compareEntries(b, a));
    return [...edges, ...insides];
  }

  hit(point: Xy, tolerance: number): SceneEntry | undefined {
    return this.hitAll(point, tolerance, (entry) => !entry.record.locked)[0];
  }

  private rebuild(): void {
    this.entries = new Map();
    for (const record of this.document.ordered()) {
      const entry = this.entryOf(record);
      if (entry) this.entries.set(record.id, entry);
    }
    this.fillIndex();
    this.events.emit('change', undefined);
  }

  private fillIndex(): void {
    this.index.clear();
    this.index.load([...this.entries.values()]);
  }

  private reindex({ before, after }: SceneChange): void {
    if (before) this.index.remove(before);
    if (after) this.index.insert(after);
  }

  private follow(diff: RecordsDiff): void {
    const changes: SceneChange[] = [];
    for (const { id, after: record } of changesOf(diff)) {
      const before = this.entries.get(id);
      const after = record && this.entryOf(record);
      if (after) this.entries.set(id, after);
      else this.entries.delete(id);
      if (before || after) changes.push({ id, before, after });
    }
    if (changes.length === 0) return;
    if (changes.length > manyChanges) this.fillIndex();
    else for (const change of changes) this.reindex(change);
    this.events.emit('change', changes);
  }

  private entryOf(record: EditorRecord): SceneEntry | undefined {
    if (record.hidden || this.hiddenLabels.has(record.label)) return undefined;
    const state = stateAt(record, this.currentFrame);
    if (!state) return undefined;
    const bounds = kindOf(state.geometry).bounds(state.geometry);
    return bounds && { ...bounds, record, geometry: state.geometry, occluded: state.occluded };
  }
}

/** Drawing order. */
export function compareEntries(a: SceneEntry, b: SceneEntry): number {
  return compareOrder(a.record, b.record);
}
