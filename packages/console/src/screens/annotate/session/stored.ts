import type { EditorSettings } from '@fovea/editor';

/** What a person has set for themselves, kept in this browser. A value that cannot be read counts as none. */
function read<T>(key: string, isRight: (value: unknown) => value is T): T | undefined {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
    return isRight(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing: the setting lasts as long as the page.
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

export type Shortcuts = Readonly<Record<string, readonly string[]>>;
const isShortcuts = (value: unknown): value is Shortcuts =>
  isObject(value) && Object.values(value).every((combos) => Array.isArray(combos) && combos.every((combo) => typeof combo === 'string'));

export const loadShortcuts = (): Shortcuts => read('fovea.shortcuts', isShortcuts) ?? {};
export const saveShortcuts = (shortcuts: Shortcuts): void => write('fovea.shortcuts', shortcuts);

/** How the picture is adjusted, and which values of it are shown and painted, belongs to a picture, not to a person. */
export function loadSettings(): Partial<EditorSettings> {
  return read('fovea.editor', isObject) ?? {};
}

export function saveSettings({ picture: _picture, window: _window, thresholdLow: _low, thresholdHigh: _high, ...settings }: EditorSettings): void {
  write('fovea.editor', settings);
}

/** The lease of a task, kept for a reload of this tab. */
export function storedLease(taskId: string): string | undefined {
  return sessionStorage.getItem(`fovea.lease.${taskId}`) ?? undefined;
}

export function storeLease(taskId: string, lease: string | undefined): void {
  if (lease === undefined) sessionStorage.removeItem(`fovea.lease.${taskId}`);
  else sessionStorage.setItem(`fovea.lease.${taskId}`, lease);
}

/** Whether somebody has read the instructions of a recipe's version. */
export const hasRead = (recipe: string): boolean => localStorage.getItem(`fovea.read.${recipe}`) !== null;
export const markRead = (recipe: string): void => write(`fovea.read.${recipe}`, true);
