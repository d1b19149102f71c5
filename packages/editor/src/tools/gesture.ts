import type { Xy } from '@fovea/contract';
import type { KeyInput, Modifiers } from '../editor/input.ts';
import type { OverlayItem } from '../editor/overlay.ts';

/** A pointer's place and state, with the image coordinates worked out. */
export interface PointerAt extends Modifiers {
  /** CSS pixels on the canvas. */
  readonly screen: Xy;
  /** Image pixels, wherever that is. */
  readonly image: Xy;
  /** Image pixels, held within the picture when the settings say so. */
  readonly inPicture: Xy;
  readonly button: number;
  readonly clicks: number;
  readonly pressure: number;
}

/** CSS pixels that a pointer may tremble before a press becomes a drag. */
export const dragThreshold = 3;

/** `end`: the gesture is over and has left the document as it shall be. */
export type GestureStep = 'stay' | 'end';

/**
 * One act of a person from its first press to its end: a drag, a stroke, a polygon of many clicks. A gesture marks the
 * history when it begins to change something, and either commits (on its last step) or takes everything back.
 */
export interface Gesture {
  /** A further press while it lasts. A gesture without it ends with the first release. */
  down?(at: PointerAt): GestureStep;
  move?(at: PointerAt): void;
  up?(at: PointerAt): GestureStep;
  /** Undefined: not a key of this gesture. */
  key?(key: KeyInput): GestureStep | undefined;
  cancel(): void;
  overlay?(): readonly OverlayItem[];
}

/** What the pointer means while no gesture is under way. */
export interface Tool {
  readonly id: ToolId;
  readonly title: string;
  /** CSS cursor for a pointer at rest over a place. */
  cursor(at: PointerAt | undefined): string;
  /** A press: the gesture that it begins, or undefined when it means nothing here. */
  press(at: PointerAt): Gesture | undefined;
  overlay?(at: PointerAt | undefined): readonly OverlayItem[];
  /** Undefined: not a key of this tool. */
  key?(key: KeyInput): true | undefined;
  /** Another tool is taken up: caches may go. */
  leave?(): void;
}

export const toolIds = [
  'select',
  'pan',
  'window',
  'point',
  'box',
  'rotated_box',
  'polygon',
  'polyline',
  'ellipse',
  'cuboid',
  'keypoints',
  'brush',
  'threshold_brush',
  'eraser',
  'fill',
  'cut',
  'hole',
  'live_wire',
  'wand',
  'smart_box',
  'superpixels',
  'ask_model',
] as const;
export type ToolId = (typeof toolIds)[number];
