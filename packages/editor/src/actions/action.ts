import type { Editor } from '../editor/editor.ts';
import type { KeyInput } from '../editor/input.ts';
import { editorTexts as t } from '../texts.ts';

export type ActionGroup = 'Tools' | 'Edit' | 'Shape' | 'Order' | 'Label' | 'View' | 'Video' | 'Scan' | 'Proposals' | 'Review' | 'Task' | 'Page';

/** Something a person can do: one record for menu, shortcut and palette. */
export interface Action {
  readonly id: string;
  readonly title: string;
  readonly group: ActionGroup;
  /** Key combinations as `mod+shift+z`, `Delete`, `ArrowLeft`; `mod` is Control, or Command on a Mac. */
  readonly shortcuts: readonly string[];
  /** Whether it would do something now. */
  readonly when: (editor: Editor) => boolean;
  readonly run: (editor: Editor) => void;
}

type MoreOfAction = Partial<Pick<Action, 'shortcuts' | 'when'>> & Pick<Action, 'run'>;

/** An action that the catalogue of words has a title for; unless said otherwise it has no shortcut, and always does something. */
export function action(group: ActionGroup, id: keyof typeof t.actions, more: MoreOfAction): Action {
  return titledAction(group, id, t.actions[id], more);
}

/** One of a row of actions that are alike, such as those of the nine digits. */
export function titledAction(group: ActionGroup, id: string, title: string, more: MoreOfAction): Action {
  return { id, title, group, shortcuts: [], when: () => true, ...more };
}

const modifierOrder = ['mod', 'alt', 'shift'] as const;

/**
 * The combination that a key makes, in the form of shortcuts. Digits and letters go by their place on the keyboard where
 * the key itself gives no plain character (Alt and Shift change it on many layouts).
 */
export function comboOf(input: KeyInput): string {
  const held = modifierOrder.filter((name) => input[name]);
  const place = /^(?:Key([A-Z])|Digit(\d))$/.exec(input.code);
  const letter = (place?.[1] ?? place?.[2])?.toLowerCase();
  const isPlain = input.key.length === 1 && /[a-z0-9]/i.test(input.key);
  const isSymbol = input.key.length === 1 && !isPlain && !letter;
  const key = isPlain ? input.key.toLowerCase() : (letter ?? input.key);
  return [...held.filter((name) => !(isSymbol && name === 'shift')), key === ' ' ? 'Space' : key].join('+');
}

/** The same combination however it is written: order of modifiers and case do not matter. */
export function normalCombo(text: string): string {
  const parts = text.split('+').map((part) => part.trim());
  const key = parts.at(-1) || '+';
  const names = parts.slice(0, -1).map((part) => part.toLowerCase());
  const held = modifierOrder.filter((name) => names.includes(name) || (name === 'mod' && names.some((other) => ['ctrl', 'cmd', 'meta'].includes(other))));
  return [...held, key.length === 1 ? key.toLowerCase() : key].join('+');
}

/** A clash of shortcuts: two actions that the same keys would start. */
export interface ShortcutClash {
  readonly combo: string;
  readonly actions: readonly string[];
}

/** The actions with the shortcuts in force: the built-in ones, and what a person has put in their stead. */
export class ActionTable {
  readonly actions: readonly Action[];
  private readonly byCombo = new Map<string, Action[]>();
  private readonly combos = new Map<string, readonly string[]>();

  /** `overrides`: shortcuts by action id; an empty list leaves an action without any. */
  constructor(actions: readonly Action[], overrides: Readonly<Record<string, readonly string[]>> = {}) {
    this.actions = actions;
    for (const action of actions) {
      const combos = (overrides[action.id] ?? action.shortcuts).map(normalCombo);
      this.combos.set(action.id, combos);
      for (const combo of combos) this.byCombo.set(combo, [...(this.byCombo.get(combo) ?? []), action]);
    }
  }

  get(id: string): Action | undefined {
    return this.actions.find((action) => action.id === id);
  }

  shortcutsOf(id: string): readonly string[] {
    return this.combos.get(id) ?? [];
  }

  /** Combinations that start more than one action at the same time, on the editor as it is. */
  clashes(editor: Editor): ShortcutClash[] {
    return [...this.byCombo].flatMap(([combo, actions]) => {
      const able = actions.filter((action) => action.when(editor));
      return able.length > 1 ? [{ combo, actions: able.map(({ id }) => id) }] : [];
    });
  }

  /** Runs the first action of the key that can do something now. */
  handle(editor: Editor, input: KeyInput): boolean {
    if (input.phase !== 'down') return false;
    const action = this.byCombo.get(comboOf(input))?.find(({ when }) => when(editor));
    if (action) perform(editor, action);
    return action !== undefined;
  }

  /** Returns whether it could be done. */
  run(editor: Editor, id: string): boolean {
    const action = this.get(id);
    if (!action?.when(editor)) return false;
    perform(editor, action);
    return true;
  }
}

const editing: ReadonlySet<ActionGroup> = new Set(['Edit', 'Shape', 'Order', 'Label']);

/** What would change shapes while they are being dragged puts them back first. */
function perform(editor: Editor, action: Action): void {
  if (action.id !== 'edit.undo' && editing.has(action.group) && editor.tools.current === 'select') editor.tools.interrupt();
  action.run(editor);
}
