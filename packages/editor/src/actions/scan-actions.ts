import type { Editor } from '../editor/editor.ts';
import * as slices from '../editing/slice-commands.ts';
import type { Action, ActionGroup } from './action.ts';

type MakeAction = (group: ActionGroup, id: string, title: string, more: Partial<Pick<Action, 'shortcuts' | 'when'>> & Pick<Action, 'run'>) => Action;

const isStack = (editor: Editor) => editor.isStack;
const step = (by: number) => (editor: Editor) => editor.setFrame(editor.frame + by);

export function scanActions(action: MakeAction): Action[] {
  return [
    action('Scan', 'scan.next', 'Next slice', { shortcuts: ['f', '.', 'ArrowDown'], when: isStack, run: step(1) }),
    action('Scan', 'scan.previous', 'Previous slice', { shortcuts: ['d', ',', 'ArrowUp'], when: isStack, run: step(-1) }),
    action('Scan', 'scan.forward', 'Ten slices on', { shortcuts: ['shift+f'], when: isStack, run: step(10) }),
    action('Scan', 'scan.backward', 'Ten slices back', { shortcuts: ['shift+d'], when: isStack, run: step(-10) }),
    action('Scan', 'scan.first', 'First slice', { shortcuts: ['Home'], when: isStack, run: (editor) => editor.setFrame(0) }),
    action('Scan', 'scan.last', 'Last slice', { shortcuts: ['End'], when: isStack, run: (editor) => editor.setFrame((editor.picture.frames ?? 1) - 1) }),
    action('Scan', 'scan.nextPainted', 'Next painted slice', { shortcuts: ['alt+f'], when: isStack, run: (editor) => slices.goToPainted(editor, 1) }),
    action('Scan', 'scan.previousPainted', 'Previous painted slice', { shortcuts: ['alt+d'], when: isStack, run: (editor) => slices.goToPainted(editor, -1) }),
    action('Scan', 'scan.fillBetween', 'Fill the slices between', { shortcuts: ['alt+i'], when: isStack, run: slices.fillBetweenSlices }),
    action('Scan', 'scan.copyBefore', 'Copy from the slice before', { shortcuts: ['mod+shift+c'], when: (editor) => editor.isStack && editor.frame > 0, run: slices.copyFromSliceBefore }),
    action('Scan', 'scan.clear', 'Clear the label on this slice', { shortcuts: ['alt+Delete', 'alt+Backspace'], when: isStack, run: slices.clearSlice }),
    action('Scan', 'scan.ownWindow', 'Window as the scan says', { shortcuts: ['shift+r'], when: (editor) => editor.settings.window !== undefined, run: (editor) => editor.set({ window: undefined }) }),
  ];
}
