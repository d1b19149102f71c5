/** What a person does, in the editor's own words: the page translates its events into these, tests make them directly. */
export type EditorInput = PointerInput | WheelInput | KeyInput;

export interface Modifiers {
  readonly shift: boolean;
  readonly alt: boolean;
  /** Control, or Command on a Mac. */
  readonly mod: boolean;
}

export interface PointerInput extends Modifiers {
  readonly type: 'pointer';
  readonly phase: 'down' | 'move' | 'up' | 'cancel' | 'leave';
  /** CSS pixels from the canvas's top left corner. */
  readonly x: number;
  readonly y: number;
  /** 0 left, 1 middle, 2 right. */
  readonly button: number;
  /** 1 for a click, 2 for a double click, as the browser counts them. */
  readonly clicks: number;
  /** 0–1; 0.5 for devices that do not measure it. */
  readonly pressure: number;
  readonly device: 'mouse' | 'pen' | 'touch';
  /** Tells fingers apart. */
  readonly id?: number;
}

export interface WheelInput extends Modifiers {
  readonly type: 'wheel';
  readonly x: number;
  readonly y: number;
  /** CSS pixels. */
  readonly deltaX: number;
  readonly deltaY: number;
}

export interface KeyInput extends Modifiers {
  readonly type: 'key';
  readonly phase: 'down' | 'up';
  /** As in `KeyboardEvent.key`. */
  readonly key: string;
  /** As in `KeyboardEvent.code`: the place on the keyboard, whatever its layout. */
  readonly code: string;
  readonly repeat: boolean;
}

type PointerLike = Pick<
  PointerEvent,
  'type' | 'pointerId' | 'clientX' | 'clientY' | 'button' | 'detail' | 'pressure' | 'pointerType' | 'shiftKey' | 'altKey' | 'ctrlKey' | 'metaKey'
>;

const phases: Readonly<Record<string, PointerInput['phase']>> = {
  pointerdown: 'down',
  pointermove: 'move',
  pointerup: 'up',
  pointercancel: 'cancel',
  pointerleave: 'leave',
};

/** A browser's pointer event, seen from a canvas whose top left corner lies at `left, top` of the page's view. */
export function pointerInput(event: PointerLike, { left, top }: { left: number; top: number }): PointerInput {
  return {
    type: 'pointer',
    phase: phases[event.type] ?? 'move',
    x: event.clientX - left,
    y: event.clientY - top,
    button: Math.max(0, event.button),
    clicks: Math.max(1, event.detail),
    pressure: event.pointerType === 'pen' ? event.pressure : 0.5,
    device: event.pointerType === 'pen' || event.pointerType === 'touch' ? event.pointerType : 'mouse',
    id: event.pointerId,
    ...modifiersOf(event),
  };
}

type WheelLike = Pick<
  WheelEvent,
  'clientX' | 'clientY' | 'deltaX' | 'deltaY' | 'deltaMode' | 'shiftKey' | 'altKey' | 'ctrlKey' | 'metaKey'
>;

/** A wheel that counts lines or pages is turned into pixels. */
export function wheelInput(event: WheelLike, { left, top }: { left: number; top: number }): WheelInput {
  const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
  return {
    type: 'wheel',
    x: event.clientX - left,
    y: event.clientY - top,
    deltaX: event.deltaX * unit,
    deltaY: event.deltaY * unit,
    ...modifiersOf(event),
  };
}

type KeyLike = Pick<
  KeyboardEvent,
  'type' | 'key' | 'code' | 'repeat' | 'shiftKey' | 'altKey' | 'ctrlKey' | 'metaKey'
>;

export function keyInput(event: KeyLike): KeyInput {
  return {
    type: 'key',
    phase: event.type === 'keyup' ? 'up' : 'down',
    key: event.key,
    code: event.code,
    repeat: event.repeat,
    ...modifiersOf(event),
  };
}

function modifiersOf(event: { shiftKey: boolean; altKey: boolean; ctrlKey: boolean; metaKey: boolean }): Modifiers {
  return { shift: event.shiftKey, alt: event.altKey, mod: event.ctrlKey || event.metaKey };
}
