import type { AnnotationGeometry } from '@fovea/contract';
import type { Editor } from '../editor/editor.ts';
import type { OverlayItem } from '../editor/overlay.ts';
import type { SceneEntry } from '../scene/scene.ts';
import { handleAt, handleCursor, selectionHandles } from '../editing/handles.ts';
import type { HandleSet } from '../editing/handles.ts';
import { setGeometries } from '../editing/shapes.ts';
import { deletePolylineVertex } from '../shapes/polyline.ts';
import { deleteVertex } from '../shapes/polygon-edit.ts';
import { cycleVisibility, nearEdge } from '../shapes/keypoints.ts';
import { nearestEdge } from '../shapes/chain.ts';
import { ringPrefix, rings } from '../shapes/polygon.ts';
import type { Handle } from '../shapes/kind.ts';
import { DragHandleGesture } from './drag-handle-gesture.ts';
import type { Gesture, PointerAt, Tool } from './gesture.ts';
import { MarqueeGesture } from './marquee-gesture.ts';
import { MoveGesture } from './move-gesture.ts';
import { TransformGesture } from './transform-gesture.ts';
import { editorTexts as t } from '../texts.ts';

/** Chooses shapes and takes hold of them: what a press means depends on what lies under it. */
export class SelectTool implements Tool {
  readonly id = 'select';
  readonly title = t.tools.select;
  private readonly editor: Editor;
  private asFrame = false;

  constructor(editor: Editor) {
    this.editor = editor;
    editor.events.on('selection', () => (this.asFrame = false));
  }

  /** Whether one selected shape shows the frame that resizes and turns it, in place of its own handles. */
  get showsFrame(): boolean {
    return this.asFrame;
  }

  setFrame(shown: boolean): void {
    this.asFrame = shown;
    this.editor.refreshOverlay();
  }

  handles(): HandleSet | undefined {
    return selectionHandles(this.editor, this.asFrame);
  }

  cursor(at: PointerAt | undefined): string {
    if (!at) return 'default';
    const handle = handleAt(this.editor, this.handles(), at.image);
    if (handle) return handleCursor(handle);
    return this.hit(at) ? 'move' : 'default';
  }

  press(at: PointerAt): Gesture | undefined {
    const set = this.handles();
    const handle = handleAt(this.editor, set, at.image);
    if (set && handle) return this.pressHandle(set, handle, at);
    if (at.button !== 0) return undefined;
    const entry = this.hit(at);
    if (!entry) return new MarqueeGesture(this.editor, at);
    if (at.clicks === 2 && this.insertVertex(entry, at)) return undefined;
    return this.pressShape(entry, at);
  }

  overlay(at: PointerAt | undefined): readonly OverlayItem[] {
    const set = this.handles();
    if (!set) return [];
    const hot = at && handleAt(this.editor, set, at.image);
    const items: OverlayItem[] = set.kind === 'frame' ? [{ kind: 'rectangle', bounds: set.bounds, look: 'dashed' }] : [];
    const label = set.kind === 'shape' ? this.editor.document.get(set.id)?.label : undefined;
    const color = label === undefined ? '#ffffff' : this.editor.labels.color(label);
    for (const handle of set.handles) {
      items.push({ kind: 'vertex', at: handle.at, isHot: handle.id === hot?.id, color: handle.kind === 'midpoint' ? 'transparent' : color });
    }
    return items;
  }

  private hit(at: PointerAt): SceneEntry | undefined {
    const reach = this.editor.imageLength(this.editor.settings.reach);
    const direct = this.editor.scene.hit(at.image, reach);
    if (direct) return direct;
    // The limbs of a skeleton belong to its label, which the shape itself does not know.
    const around = { minX: at.image[0] - reach, minY: at.image[1] - reach, maxX: at.image[0] + reach, maxY: at.image[1] + reach };
    return this.editor.scene.search(around).find(({ geometry, record }) => {
      const skeleton = geometry.type === 'keypoints' ? this.editor.labels.skeleton(record.label) : undefined;
      return geometry.type === 'keypoints' && !record.locked && !!skeleton && nearEdge(geometry, skeleton, at.image, reach);
    });
  }

  private pressHandle(set: HandleSet, handle: Handle, at: PointerAt): Gesture | undefined {
    if (set.kind === 'frame') return new TransformGesture(this.editor, at, { set, handle });
    if (at.button === 2 && set.geometry.type === 'keypoints') {
      this.write(t.edits.changeVisibility, set.id, cycleVisibility(set.geometry, handle.id));
      return undefined;
    }
    if (handle.kind === 'vertex' && (at.button === 2 || (at.alt && at.button === 0))) {
      this.deleteVertex(set, handle);
      return undefined;
    }
    return at.button === 0 ? new DragHandleGesture(this.editor, at, { id: set.id, start: set.geometry, handle }) : undefined;
  }

  private deleteVertex(set: Extract<HandleSet, { kind: 'shape' }>, handle: Handle): void {
    const { geometry } = set;
    const next =
      geometry.type === 'polygon'
        ? deleteVertex(geometry, handle.id)
        : geometry.type === 'polyline'
          ? deletePolylineVertex(geometry, handle.id)
          : undefined;
    if (next) this.write(t.edits.deleteVertex, set.id, next);
    else this.editor.notify(t.notices.tooFewVertices);
  }

  /** A double click on the outline of a selected polygon or line puts a vertex there. */
  private insertVertex(entry: SceneEntry, at: PointerAt): boolean {
    const { geometry, record } = entry;
    if (!this.editor.selection.has(record.id)) return false;
    if (geometry.type !== 'polygon' && geometry.type !== 'polyline') return false;
    const chains = geometry.type === 'polygon' ? rings(geometry) : [geometry.points];
    const reach = this.editor.imageLength(this.editor.settings.reach);
    for (const [index, points] of chains.entries()) {
      const edge = nearestEdge(at.image, points, geometry.type === 'polygon');
      if (!edge || edge.distance > reach) continue;
      const insert = [...points.slice(0, edge.index + 1), at.inPicture, ...points.slice(edge.index + 1)];
      if (geometry.type === 'polyline') this.write(t.edits.insertVertex, record.id, { ...geometry, points: insert });
      else if (ringPrefix(index) === 'o') this.write(t.edits.insertVertex, record.id, { ...geometry, points: insert });
      else this.write(t.edits.insertVertex, record.id, { ...geometry, holes: geometry.holes?.map((hole, at) => (at === index - 1 ? insert : hole)) });
      return true;
    }
    return false;
  }

  private pressShape(entry: SceneEntry, at: PointerAt): Gesture | undefined {
    const { selection } = this.editor;
    const ids = this.withGroup(entry, at.alt);
    if (at.shift || at.mod) {
      selection.toggle(ids);
      return selection.has(entry.record.id) ? new MoveGesture(this.editor, at, undefined) : undefined;
    }
    const wasSelected = selection.has(entry.record.id);
    if (!wasSelected) selection.set(ids);
    return new MoveGesture(this.editor, at, wasSelected ? ids : undefined);
  }

  /** Alt takes one out of its group. */
  private withGroup({ record }: SceneEntry, alone: boolean): string[] {
    if (record.group === undefined || alone) return [record.id];
    return [...this.editor.scene.all()].filter((entry) => entry.record.group === record.group && !entry.record.locked).map((entry) => entry.record.id);
  }

  private write(title: string, id: string, geometry: AnnotationGeometry): void {
    this.editor.document.edit(title, () => setGeometries(this.editor, [[id, geometry]]));
  }
}
