import type { Editor } from '../editor/editor.ts';
import type { ToolId } from '../tools/gesture.ts';
import { copySelected, pasteClip } from '../editing/clipboard.ts';
import * as commands from '../editing/commands.ts';
import * as masks from '../editing/mask-commands.ts';
import * as polygons from '../editing/polygon-commands.ts';
import type { Action, ActionGroup } from './action.ts';
import { scanActions } from './scan-actions.ts';
import { videoActions } from './video-actions.ts';

const always = () => true;
const hasSelection = (editor: Editor) => editor.selection.size > 0;
const hasSeveral = (editor: Editor) => editor.selection.size > 1;
const hasType = (type: string, least = 1) => (editor: Editor) =>
  editor.selection.records().filter((record) => record.type === type).length >= least;

function action(group: ActionGroup, id: string, title: string, more: Partial<Pick<Action, 'shortcuts' | 'when'>> & Pick<Action, 'run'>): Action {
  return { id, title, group, shortcuts: [], when: always, ...more };
}

const toolKeys: Partial<Record<ToolId, readonly string[]>> = {
  select: ['v', 'Escape'],
  pan: ['h'],
  point: ['o'],
  box: ['b'],
  rotated_box: ['shift+b'],
  polygon: ['p'],
  polyline: ['l'],
  ellipse: ['e'],
  cuboid: ['c'],
  keypoints: ['j'],
  window: ['w'],
  brush: ['m'],
  threshold_brush: ['shift+t'],
  eraser: ['shift+m'],
  fill: ['g'],
  cut: ['shift+c'],
  hole: ['shift+h'],
  live_wire: ['w'],
  wand: ['shift+w'],
  smart_box: ['s'],
  superpixels: ['shift+s'],
  ask_model: ['shift+p'],
};

/** One action for each tool of the editor, in its order. */
function toolActions(editor: Editor): Action[] {
  return editor.tools.all.map(({ id, title }) =>
    action('Tools', `tool.${id}`, title, {
      shortcuts: toolKeys[id] ?? [],
      when: (current) => mayUse(current, id),
      run: (current) => current.tools.use(id),
    }),
  );
}

function mayUse(editor: Editor, id: ToolId): boolean {
  // The key of the window belongs to it on every scan, and to another tool elsewhere.
  if (id === 'window') return editor.picture.scan !== undefined;
  if (id === 'ask_model' && !editor.modelAsker) return false;
  return editor.tools.current !== id;
}

const editActions: Action[] = [
  action('Edit', 'edit.undo', 'Undo', {
    shortcuts: ['mod+z'],
    when: (editor) => editor.document.canUndo || editor.tools.isBusy,
    // In the middle of a gesture, that is what is taken back.
    run: (editor) => (editor.tools.isBusy ? editor.tools.interrupt() : editor.document.undo()),
  }),
  action('Edit', 'edit.redo', 'Redo', {
    shortcuts: ['mod+shift+z', 'mod+y'],
    when: (editor) => editor.document.canRedo,
    run: (editor) => editor.tools.whileIdle(() => editor.document.redo()),
  }),
  action('Edit', 'edit.delete', 'Delete', { shortcuts: ['Delete', 'Backspace'], when: hasSelection, run: commands.deleteSelected }),
  action('Edit', 'edit.copy', 'Copy', { shortcuts: ['mod+c'], when: hasSelection, run: copy }),
  action('Edit', 'edit.cut', 'Cut', {
    shortcuts: ['mod+x'],
    when: hasSelection,
    run(editor) {
      copy(editor);
      commands.deleteSelected(editor);
    },
  }),
  action('Edit', 'edit.paste', 'Paste', {
    shortcuts: ['mod+v'],
    when: (editor) => editor.clip !== undefined,
    run: (editor) => editor.clip && pasteClip(editor, editor.clip),
  }),
  action('Edit', 'edit.pasteInPlace', 'Paste in place', {
    shortcuts: ['mod+shift+v'],
    when: (editor) => editor.clip !== undefined,
    run: (editor) => editor.clip && pasteClip(editor, editor.clip, { inPlace: true }),
  }),
  action('Edit', 'edit.duplicate', 'Duplicate', {
    shortcuts: ['mod+d'],
    when: hasSelection,
    run(editor) {
      const clip = copySelected(editor);
      if (clip) pasteClip(editor, clip);
    },
  }),
  action('Edit', 'edit.selectAll', 'Select all', { shortcuts: ['mod+a'], run: commands.selectAll }),
  action('Edit', 'edit.selectNone', 'Select nothing', { shortcuts: ['Escape', 'mod+shift+a'], when: hasSelection, run: (editor) => editor.selection.clear() }),
  action('Edit', 'edit.next', 'Select the next shape', { shortcuts: ['Tab'], run: (editor) => commands.selectNext(editor, 1) }),
  action('Edit', 'edit.previous', 'Select the previous shape', { shortcuts: ['shift+Tab'], run: (editor) => commands.selectNext(editor, -1) }),
  ...nudges(),
];

function nudges(): Action[] {
  const ways = { ArrowLeft: ['left', -1, 0], ArrowRight: ['right', 1, 0], ArrowUp: ['up', 0, -1], ArrowDown: ['down', 0, 1] } as const;
  return Object.entries(ways).flatMap(([key, [way, dx, dy]]) => [
    action('Edit', `edit.move.${way}`, `Move ${way} by a pixel`, { shortcuts: [key], when: hasSelection, run: (editor) => commands.nudgeSelected(editor, dx, dy) }),
    action('Edit', `edit.moveFar.${way}`, `Move ${way} by ten pixels`, { shortcuts: [`shift+${key}`], when: hasSelection, run: (editor) => commands.nudgeSelected(editor, dx * 10, dy * 10) }),
  ]);
}

const shapeActions: Action[] = [
  action('Shape', 'shape.frame', 'Resize and turn', {
    shortcuts: ['t'],
    when: (editor) => editor.selection.size === 1 && editor.tools.current === 'select',
    run: (editor) => editor.tools.toggleFrame(),
  }),
  action('Shape', 'shape.merge', 'Merge polygons', { shortcuts: ['mod+shift+m'], when: hasType('polygon', 2), run: polygons.mergeSelected }),
  action('Shape', 'shape.subtract', 'Subtract upper polygons from the lowest', { when: hasType('polygon', 2), run: polygons.subtractSelected }),
  action('Shape', 'shape.simplify', 'Simplify', { shortcuts: ['mod+shift+s'], when: hasType('polygon'), run: polygons.simplifySelected }),
  action('Shape', 'shape.toMask', 'Turn into a mask', { shortcuts: ['mod+m'], when: hasSelection, run: masks.toMasks }),
  action('Shape', 'shape.toPolygon', 'Turn into polygons', { shortcuts: ['mod+p'], when: hasType('mask'), run: masks.toPolygons }),
  action('Shape', 'shape.joinMasks', 'Join into one mask', { when: (editor) => hasSeveral(editor) && hasType('mask')(editor), run: masks.joinSelectedMasks }),
  action('Shape', 'shape.subtractFromMask', 'Subtract upper shapes from the lowest mask', { when: (editor) => hasSeveral(editor) && hasType('mask')(editor), run: masks.subtractFromMask }),
  action('Shape', 'shape.turnRight', 'Turn by 15° clockwise', { when: hasSelection, run: (editor) => commands.turnSelected(editor, Math.PI / 12) }),
  action('Shape', 'shape.turnLeft', 'Turn by 15° the other way', { when: hasSelection, run: (editor) => commands.turnSelected(editor, -Math.PI / 12) }),
  action('Shape', 'shape.flipHorizontal', 'Mirror left and right', { when: hasSelection, run: (editor) => commands.flipSelected(editor, 'horizontal') }),
  action('Shape', 'shape.flipVertical', 'Mirror top and bottom', { when: hasSelection, run: (editor) => commands.flipSelected(editor, 'vertical') }),
];

const orderActions: Action[] = [
  action('Order', 'order.front', 'Bring to the front', { shortcuts: ['shift+]', '}'], when: hasSelection, run: (editor) => commands.reorderSelected(editor, 'front') }),
  action('Order', 'order.back', 'Send to the back', { shortcuts: ['shift+[', '{'], when: hasSelection, run: (editor) => commands.reorderSelected(editor, 'back') }),
  action('Order', 'order.forward', 'Bring forward', { shortcuts: [']'], when: hasSelection, run: (editor) => commands.reorderSelected(editor, 'forward') }),
  action('Order', 'order.backward', 'Send backward', { shortcuts: ['['], when: hasSelection, run: (editor) => commands.reorderSelected(editor, 'backward') }),
  action('Order', 'order.group', 'Group', { shortcuts: ['mod+g'], when: hasSeveral, run: commands.groupSelected }),
  action('Order', 'order.ungroup', 'Ungroup', { shortcuts: ['mod+shift+g'], when: (editor) => editor.selection.records().some(({ group }) => group !== undefined), run: commands.ungroupSelected }),
  action('Order', 'order.lock', 'Lock', { shortcuts: ['mod+l'], when: hasSelection, run: (editor) => commands.setLocked(editor, editor.selection.records(), true) }),
  action('Order', 'order.unlockAll', 'Unlock all', {
    shortcuts: ['mod+shift+l'],
    when: (editor) => editor.document.ordered().some(({ locked }) => locked),
    run: (editor) => commands.setLocked(editor, editor.document.ordered().filter(({ locked }) => locked), false),
  }),
  action('Order', 'order.hide', 'Hide', { shortcuts: ['mod+h', 'x'], when: hasSelection, run: (editor) => commands.setHidden(editor, editor.selection.records(), true) }),
  action('Order', 'order.showAll', 'Show all', {
    shortcuts: ['mod+shift+h'],
    when: (editor) => editor.document.ordered().some(({ hidden }) => hidden),
    run: (editor) => commands.setHidden(editor, editor.document.ordered().filter(({ hidden }) => hidden), false),
  }),
];

/** Digits choose the label of the next shape; with shapes selected, they give it to those. */
function labelActions(): Action[] {
  return Array.from({ length: 9 }, (_, index) =>
    action('Label', `label.${index + 1}`, `Label ${index + 1}`, {
      shortcuts: [String(index + 1)],
      when: (editor) => editor.labels.list[index] !== undefined,
      run(editor) {
        const label = editor.labels.list[index];
        if (!label) return;
        editor.setActiveLabel(label.name);
        commands.relabelSelected(editor, label.name);
      },
    }),
  );
}

const viewActions: Action[] = [
  action('View', 'view.fit', 'Show the whole picture', { shortcuts: ['0', 'mod+0'], run: (editor) => editor.camera.fit() }),
  action('View', 'view.actualSize', 'Show at full size', { shortcuts: ['mod+1'], run: (editor) => editor.camera.zoomBy(1 / editor.camera.zoom) }),
  action('View', 'view.zoomIn', 'Zoom in', { shortcuts: ['=', '+', 'mod+='], run: (editor) => editor.camera.zoomBy(1.25) }),
  action('View', 'view.zoomOut', 'Zoom out', { shortcuts: ['-', 'mod+-'], run: (editor) => editor.camera.zoomBy(0.8) }),
  action('View', 'view.zoomToSelection', 'Zoom to the selection', { shortcuts: ['z'], when: hasSelection, run: (editor) => editor.zoomToRecords(editor.selection.ids) }),
  action('View', 'view.crosshair', 'Cross hair', { shortcuts: ['shift+x'], run: (editor) => editor.set({ crosshair: !editor.settings.crosshair }) }),
  action('View', 'view.grid', 'Grid', { shortcuts: ["mod+'"], run: (editor) => editor.set({ grid: !editor.settings.grid }) }),
  action('View', 'view.names', 'Names of shapes', { shortcuts: ['n'], run: (editor) => editor.set({ showNames: !editor.settings.showNames }) }),
  action('View', 'view.snap', 'Snapping', { shortcuts: ['shift+n'], run: (editor) => editor.set({ snap: !editor.settings.snap }) }),
  action('View', 'view.keyboardPointer', 'Move the pointer by keys', { shortcuts: ['k'], run: (editor) => editor.keyboardPointer.toggle() }),
  action('View', 'view.plainPicture', 'Picture as it is', {
    when: ({ settings: { picture } }) => picture.brightness !== 1 || picture.contrast !== 1 || picture.gamma !== 1,
    run: (editor) => editor.set({ picture: { brightness: 1, contrast: 1, gamma: 1 } }),
  }),
];

const proposalActions: Action[] = [
  action('Proposals', 'proposal.accept', 'Accept the proposal', {
    shortcuts: ['a'],
    when: (editor) => commands.proposalsAtHand(editor).length > 0,
    run: (editor) => commands.acceptProposals(editor, commands.proposalsAtHand(editor)),
  }),
  action('Proposals', 'proposal.reject', 'Reject the proposal', {
    shortcuts: ['x'],
    when: (editor) => commands.proposalsAtHand(editor).length > 0,
    run: (editor) => commands.rejectProposals(editor, commands.proposalsAtHand(editor)),
  }),
  action('Proposals', 'proposal.acceptAll', 'Accept all proposals', {
    shortcuts: ['shift+a'],
    when: hasProposals,
    run: (editor) => commands.acceptProposals(editor, editor.document.ordered().filter(({ proposal }) => proposal)),
  }),
  action('Proposals', 'proposal.rejectAll', 'Reject all proposals', {
    when: hasProposals,
    run: (editor) => commands.rejectProposals(editor, editor.document.ordered().filter(({ proposal }) => proposal)),
  }),
];

const reviewActions: Action[] = [
  action('Review', 'review.approve', 'Approve', { shortcuts: ['shift+Enter'], when: hasSelection, run: (editor) => commands.reviewSelected(editor, 'approved') }),
  action('Review', 'review.issue', 'Mark as wrong', { shortcuts: ['shift+Delete'], when: hasSelection, run: (editor) => commands.reviewSelected(editor, 'issue') }),
  action('Review', 'review.clear', 'Take the review back', {
    when: (editor) => editor.selection.records().some(({ status }) => status !== null),
    run: (editor) => commands.reviewSelected(editor, null),
  }),
];

function hasProposals(editor: Editor): boolean {
  return editor.document.ordered().some(({ proposal }) => proposal);
}

function copy(editor: Editor): void {
  editor.clip = copySelected(editor) ?? editor.clip;
}

/**
 * Everything that can be done by key, menu or palette. Where keys are shared, the action that comes first and can do
 * something wins: a proposal at hand is rejected before a selection is hidden.
 */
export function editorActions(editor: Editor): readonly Action[] {
  return [
    ...proposalActions,
    ...editActions,
    ...toolActions(editor),
    ...shapeActions,
    ...orderActions,
    ...labelActions(),
    ...videoActions(action),
    ...scanActions(action),
    ...viewActions,
    ...reviewActions,
  ];
}
