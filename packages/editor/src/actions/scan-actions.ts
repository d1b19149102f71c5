import type { Editor } from '../editor/editor.ts';
import * as slices from '../editing/slice-commands.ts';
import { action } from './action.ts';
import type { Action } from './action.ts';

const isStack = (editor: Editor) => editor.isStack;
const step = (by: number) => (editor: Editor) => editor.setFrame(editor.frame + by);

export const scanActions: readonly Action[] = [
  action('Scan', 'scan.next', { shortcuts: ['f', '.', 'ArrowDown'], when: isStack, run: step(1) }),
  action('Scan', 'scan.previous', { shortcuts: ['d', ',', 'ArrowUp'], when: isStack, run: step(-1) }),
  action('Scan', 'scan.forward', { shortcuts: ['shift+f'], when: isStack, run: step(10) }),
  action('Scan', 'scan.backward', { shortcuts: ['shift+d'], when: isStack, run: step(-10) }),
  action('Scan', 'scan.first', { shortcuts: ['Home'], when: isStack, run: (editor) => editor.setFrame(0) }),
  action('Scan', 'scan.last', { shortcuts: ['End'], when: isStack, run: (editor) => editor.setFrame((editor.picture.frames ?? 1) - 1) }),
  action('Scan', 'scan.nextPainted', { shortcuts: ['alt+f'], when: isStack, run: (editor) => slices.goToPainted(editor, 1) }),
  action('Scan', 'scan.previousPainted', { shortcuts: ['alt+d'], when: isStack, run: (editor) => slices.goToPainted(editor, -1) }),
  action('Scan', 'scan.fillBetween', { shortcuts: ['alt+i'], when: isStack, run: slices.fillBetweenSlices }),
  action('Scan', 'scan.copyBefore', { shortcuts: ['mod+shift+c'], when: (editor) => editor.isStack && editor.frame > 0, run: slices.copyFromSliceBefore }),
  action('Scan', 'scan.clear', { shortcuts: ['alt+Delete', 'alt+Backspace'], when: isStack, run: slices.clearSlice }),
  action('Scan', 'scan.ownWindow', { shortcuts: ['shift+r'], when: (editor) => editor.settings.window !== undefined, run: (editor) => editor.set({ window: undefined }) }),
];
