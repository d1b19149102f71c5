import { keyInput, type ActionTable, type Editor } from '@fovea/editor';

/** Keys that mean something to the part of the page that has the focus. */
const ofControls = new Set(['Enter', ' ', 'Tab', 'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'PageUp', 'PageDown']);

/**
 * Hands the window's keys to the editor, then to the actions. Fields keep what is typed in them; buttons keep the keys that
 * work them; an open dialog keeps all.
 */
export function followKeys(editor: Editor, table: () => ActionTable, onAct: () => void): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || !isForEditor(event)) return;
    onAct();
    const input = keyInput(event);
    if (editor.dispatch(input) || table().handle(editor, input)) event.preventDefault();
  };
  const onBlur = () => editor.tools.releaseKeys();
  window.addEventListener('keydown', onKey);
  window.addEventListener('keyup', onKey);
  window.addEventListener('blur', onBlur);
  return () => {
    window.removeEventListener('keydown', onKey);
    window.removeEventListener('keyup', onKey);
    window.removeEventListener('blur', onBlur);
  };
}

function isForEditor(event: KeyboardEvent): boolean {
  if (document.querySelector('[aria-modal="true"]')) return false;
  const target = event.target instanceof HTMLElement ? event.target : document.body;
  if (target === document.body || target instanceof HTMLCanvasElement) return true;
  const isField = target.matches('input:not([type="range"]):not([type="checkbox"]), textarea, select, [contenteditable="true"]');
  // Ctrl+Enter and its like work from within a field too.
  if (isField) return (event.ctrlKey || event.metaKey) && event.key === 'Enter';
  return event.ctrlKey || event.metaKey || !ofControls.has(event.key);
}

const names: Readonly<Record<string, string>> = {
  mod: 'Ctrl',
  alt: 'Alt',
  shift: 'Shift',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Delete: 'Del',
  Backspace: '⌫',
  Escape: 'Esc',
  Space: 'Space',
};
const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** A combination as it is written on keys: `mod+shift+z` → "Ctrl Shift Z". */
export function writtenKeys(combo: string): string {
  const parts = combo === '+' ? ['+'] : combo.split(/\+(?!$)/);
  return parts.map((part) => (part === 'mod' && isMac ? '⌘' : (names[part] ?? (part.length === 1 ? part.toUpperCase() : part)))).join(' ');
}
