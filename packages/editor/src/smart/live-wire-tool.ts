import type { Xy } from '@fovea/contract';
import { distance, simplifyLine } from '@fovea/geometry';
import type { Editor } from '../editor/editor.ts';
import type { KeyInput } from '../editor/input.ts';
import type { OverlayItem } from '../editor/overlay.ts';
import { addShape } from '../editing/shapes.ts';
import { toGray } from '../kernels/image.ts';
import { LiveWire, nearestEdgePixel, wireCosts } from '../kernels/live-wire.ts';
import type { WireCosts } from '../kernels/live-wire.ts';
import type { Gesture, GestureStep, PointerAt, Tool } from '../tools/gesture.ts';
import { fromRegion, readRegion, toRegion } from './region.ts';
import type { Region } from './region.ts';
import { editorTexts as t } from '../texts.ts';

/** Enough for what a screen shows; the costs of so many pixels take about a tenth of a second. */
const maxPixels = 260_000;

interface Wired {
  readonly region: Region;
  readonly costs: WireCosts;
}

/** A polygon whose sides cling to edges of the picture: click along the outline, the wire finds the way between. */
export function liveWireTool(editor: Editor): Tool {
  return {
    id: 'live_wire',
    title: t.tools.live_wire,
    cursor: () => 'crosshair',
    press(at) {
      if (at.button !== 0) return undefined;
      const wired = wireView(editor);
      return wired && toRegion(wired.region, at.inPicture) ? new LiveWireGesture(editor, wired, at) : undefined;
    },
  };
}

function wireView(editor: Editor): Wired | undefined {
  const region = readRegion(editor, editor.camera.visible(), maxPixels);
  return region && { region, costs: wireCosts(toGray(region.pixels)) };
}

class LiveWireGesture implements Gesture {
  private readonly editor: Editor;
  private wired: Wired;
  private wire: LiveWire | undefined;
  /** The ways between clicks that are settled, each beginning where the one before ended. */
  private readonly settled: Xy[][] = [];
  private readonly anchors: Xy[];
  private tip: Xy[] = [];

  constructor(editor: Editor, wired: Wired, at: PointerAt) {
    this.editor = editor;
    this.wired = wired;
    this.anchors = [this.onEdge(at)];
    this.seed();
  }

  down(at: PointerAt): GestureStep {
    if (at.button === 2) return this.undoPoint();
    const isOnFirst = distance(at.image, this.anchors[0]) <= this.editor.imageLength(this.editor.settings.reach + 2);
    if (this.anchors.length >= 2 && (isOnFirst || at.clicks >= 2)) return this.finish();
    const place = this.onEdge(at);
    this.tip = this.wayTo(place, at.mod);
    this.settled.push(this.tip);
    this.anchors.push(place);
    this.seed();
    return 'stay';
  }

  /** Control draws a straight line where the picture has no edge to hold on to. */
  move(at: PointerAt): void {
    this.tip = this.wayTo(this.onEdge(at), at.mod);
  }

  up(): GestureStep {
    return 'stay';
  }

  key({ key, mod }: KeyInput): GestureStep | undefined {
    if (key === 'Enter') return this.finish();
    if (key === 'Backspace' || (mod && key.toLowerCase() === 'z')) return this.undoPoint();
    return undefined;
  }

  cancel(): void {
    // Nothing was written yet.
  }

  overlay(): readonly OverlayItem[] {
    const color = this.editor.labels.color(this.editor.activeLabel);
    const line = (points: readonly Xy[], look: 'solid' | 'dashed'): OverlayItem => ({ kind: 'line', points, closed: false, look, color });
    return [
      ...this.settled.map((way) => line(way, 'solid')),
      line(this.tip, 'dashed'),
      ...this.anchors.map((at, index): OverlayItem => ({ kind: 'vertex', at, isHot: index === 0, color })),
    ];
  }

  /** The strongest edge within the pointer's reach. */
  private onEdge(at: PointerAt): Xy {
    const { region, costs } = this.wired;
    const place = at.mod ? undefined : toRegion(region, at.inPicture);
    if (!place) return at.inPicture;
    const radius = Math.round(this.editor.imageLength(this.editor.settings.reach) / region.unitX);
    const [x, y] = nearestEdgePixel(costs, place[0], place[1], radius);
    return fromRegion(region, x + 0.5, y + 0.5);
  }

  private seed(): void {
    const anchor = this.anchors[this.anchors.length - 1];
    if (!toRegion(this.wired.region, anchor)) this.wired = wireView(this.editor) ?? this.wired;
    const place = toRegion(this.wired.region, anchor);
    this.wire = place && new LiveWire(this.wired.costs, place[0], place[1]);
    this.tip = [];
  }

  /** The view may have moved on: beyond the pixels that were read, a new part is read around the anchor. */
  private wayTo(to: Xy, straight: boolean): Xy[] {
    const anchor = this.anchors[this.anchors.length - 1];
    if (!straight && !toRegion(this.wired.region, to)) {
      this.wired = wireView(this.editor) ?? this.wired;
      const place = toRegion(this.wired.region, anchor);
      this.wire = place && new LiveWire(this.wired.costs, place[0], place[1]);
    }
    const place = toRegion(this.wired.region, to);
    if (straight || !this.wire || !place) return [anchor, to];
    const path = this.wire.path(place[0], place[1]).map(([x, y]) => fromRegion(this.wired.region, x + 0.5, y + 0.5));
    return [anchor, ...path.slice(1, -1), to];
  }

  private undoPoint(): GestureStep {
    if (this.anchors.length === 1) return 'end';
    this.anchors.pop();
    this.settled.pop();
    this.seed();
    return 'stay';
  }

  private finish(): GestureStep {
    if (this.anchors.length < 2) return 'stay';
    const ways = [...this.settled, this.wayTo(this.anchors[0], false)];
    const tolerance = Math.max(this.editor.settings.simplifyTolerance, this.wired.region.unitX * 0.75);
    const points = ways.flatMap((way) => simplifyLine(way, tolerance).slice(0, -1));
    if (points.length < 3) return 'stay';
    addShape(this.editor, { type: 'polygon', points }, t.tools.live_wire);
    return 'end';
  }
}
