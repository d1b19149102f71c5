import type { Editor } from '../editor/editor.ts';
import type { ToolId } from '../tools/gesture.ts';
import { copySelected, pasteClip } from '../editing/clipboard.ts';
import * as commands from '../editing/commands.ts';
import * as masks from '../editing/mask-commands.ts';
import * as polygons from '../editing/polygon-commands.ts';
import { editorTexts as t } from '../texts.ts';
import { action, titledAction } from './action.ts';
import type { Action } from './action.ts';
import { scanActions } from './scan-actions.ts';
import { videoActions } from './video-actions.ts';

const hasSelection = (editor: Editor) => editor.selection.size > 0;
const hasSeveral = (editor: Editor) => editor.selection.size > 1;
const hasType = (type: string, least = 1) => (editor: Editor) =>
  editor.selection.records().filter((record) => record.type === type).length >= least;

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
    titledAction('Tools', `tool.${id}`, title, {
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
  action('Edit', 'edit.undo', {
    shortcuts: ['mod+z'],
    when: (editor) => editor.document.canUndo || editor.tools.isBusy,
    // In the middle of a gesture, that is what is taken back.
    run: (editor) => (editor.tools.isBusy ? editor.tools.interrupt() : editor.document.undo()),
  }),
  action('Edit', 'edit.redo', {
    shortcuts: ['mod+shift+z', 'mod+y'],
    when: (editor) => editor.document.canRedo,
    run: (editor) => editor.tools.whileIdle(() => editor.document.redo()),
  }),
  action('Edit', 'edit.delete', { shortcuts: ['Delete', 'Backspace'], when: hasSelection, run: commands.deleteSelected }),
  action('Edit', 'edit.copy', { shortcuts: ['mod+c'], when: hasSelection, run: copy }),
  action('Edit', 'edit.cut', {
    shortcuts: ['mod+x'],
    when: hasSelection,
    run(editor) {
      copy(editor);
      commands.deleteSelected(editor);
    },
  }),
  action('Edit', 'edit.paste', {
    shortcuts: ['mod+v'],
    when: (editor) => editor.clip !== undefined,
    run: (editor) => editor.clip && pasteClip(editor, editor.clip),
  }),
  action('Edit', 'edit.pasteInPlace', {
    shortcuts: ['mod+shift+v'],
    when: (editor) => editor.clip !== undefined,
    run: (editor) => editor.clip && pasteClip(editor, editor.clip, { inPlace: true }),
  }),
  action('Edit', 'edit.duplicate', {
    shortcuts: ['mod+d'],
    when: hasSelection,
    run(editor) {
      const clip = copySelected(editor);
      if (clip) pasteClip(editor, clip);
    },
  }),
  action('Edit', 'edit.selectAll', { shortcuts: ['mod+a'], run: commands.selectAll }),
  action('Edit', 'edit.selectNone', { shortcuts: ['Escape', 'mod+shift+a'], when: hasSelection, run: (editor) => editor.selection.clear() }),
  action('Edit', 'edit.next', { shortcuts: ['Tab'], run: (editor) => commands.selectNext(editor, 1) }),
  action('Edit', 'edit.previous', { shortcuts: ['shift+Tab'], run: (editor) => commands.selectNext(editor, -1) }),
  ...nudges(),
];

function nudges(): Action[] {
  const ways = { ArrowLeft: ['left', -1, 0], ArrowRight: ['right', 1, 0], ArrowUp: ['up', 0, -1], ArrowDown: ['down', 0, 1] } as const;
  return Object.entries(ways).flatMap(([key, [way, dx, dy]]) => [
    titledAction('Edit', `edit.move.${way}`, t.moveByPixel(way), { shortcuts: [key], when: hasSelection, run: (editor) => commands.nudgeSelected(editor, dx, dy) }),
    titledAction('Edit', `edit.moveFar.${way}`, t.moveByTen(way), { shortcuts: [`shift+${key}`], when: hasSelection, run: (editor) => commands.nudgeSelected(editor, dx * 10, dy * 10) }),
  ]);
}

const shapeActions: Action[] = [
  action('Shape', 'shape.frame', {
    shortcuts: ['t'],
    when: (editor) => editor.selection.size === 1 && editor.tools.current === 'select',
    run: (editor) => editor.tools.toggleFrame(),
  }),
  action('Shape', 'shape.merge', { shortcuts: ['mod+shift+m'], when: hasType('polygon', 2), run: polygons.mergeSelected }),
  action('Shape', 'shape.subtract', { when: hasType('polygon', 2), run: polygons.subtractSelected }),
  action('Shape', 'shape.simplify', { shortcuts: ['mod+shift+s'], when: hasType('polygon'), run: polygons.simplifySelected }),
  action('Shape', 'shape.toMask', { shortcuts: ['mod+m'], when: hasSelection, run: masks.toMasks }),
  action('Shape', 'shape.toPolygon', { shortcuts: ['mod+p'], when: hasType('mask'), run: masks.toPolygons }),
  action('Shape', 'shape.joinMasks', { when: (editor) => hasSeveral(editor) && hasType('mask')(editor), run: masks.joinSelectedMasks }),
  action('Shape', 'shape.subtractFromMask', { when: (editor) => hasSeveral(editor) && hasType('mask')(editor), run: masks.subtractFromMask }),
  action('Shape', 'shape.turnRight', { when: hasSelection, run: (editor) => commands.turnSelected(editor, Math.PI / 12) }),
  action('Shape', 'shape.turnLeft', { when: hasSelection, run: (editor) => commands.turnSelected(editor, -Math.PI / 12) }),
  action('Shape', 'shape.flipHorizontal', { when: hasSelection, run: (editor) => commands.flipSelected(editor, 'horizontal') }),
  action('Shape', 'shape.flipVertical', { when: hasSelection, run: (editor) => commands.flipSelected(editor, 'vertical') }),
];

const orderActions: Action[] = [
  action('Order', 'order.front', { shortcuts: ['shift+]', '}'], when: hasSelection, run: (editor) => commands.reorderSelected(editor, 'front') }),
  action('Order', 'order.back', { shortcuts: ['shift+[', '{'], when: hasSelection, run: (editor) => commands.reorderSelected(editor, 'back') }),
  action('Order', 'order.forward', { shortcuts: [']'], when: hasSelection, run: (editor) => commands.reorderSelected(editor, 'forward') }),
  action('Order', 'order.backward', { shortcuts: ['['], when: hasSelection, run: (editor) => commands.reorderSelected(editor, 'backward') }),
  action('Order', 'order.group', { shortcuts: ['mod+g'], when: hasSeveral, run: commands.groupSelected }),
  action('Order', 'order.ungroup', { shortcuts: ['mod+shift+g'], when: (editor) => editor.selection.records().some(({ group }) => group !== undefined), run: commands.ungroupSelected }),
  action('Order', 'order.lock', { shortcuts: ['mod+l'], when: hasSelection, run: (editor) => commands.setLocked(editor, editor.selection.records(), true) }),
  action('Order', 'order.unlockAll', {
    shortcuts: ['mod+shift+l'],
    when: (editor) => editor.document.ordered().some(({ locked }) => locked),
    run: (editor) => commands.setLocked(editor, editor.document.ordered().filter(({ locked }) => locked), false),
  }),
  action('Order', 'order.hide', { shortcuts: ['mod+h', 'x'], when: hasSelection, run: (editor) => commands.setHidden(editor, editor.selection.records(), true) }),
  action('Order', 'order.showAll', {
    shortcuts: ['mod+shift+h'],
    when: (editor) => editor.document.ordered().some(({ hidden }) => hidden),
    run: (editor) => commands.setHidden(editor, editor.document.ordered().filter(({ hidden }) => hidden), false),
  }),
];

/** Digits choose the label of the next shape; with shapes selected, they give it to those. */
function labelActions(): Action[] {
  return Array.from({ length: 9 }, (_, index) =>
    titledAction('Label', `label.${index + 1}`, t.label(index + 1), {
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
  action('View', 'view.fit', { shortcuts: ['0', 'mod+0'], run: (editor) => editor.camera.fit() }),
  action('View', 'view.actualSize', { shortcuts: ['mod+1'], run: (editor) => editor.camera.zoomBy(1 / editor.camera.zoom) }),
  action('View', 'view.zoomIn', { shortcuts: ['=', '+', 'mod+='], run: (editor) => editor.camera.zoomBy(1.25) }),
  action('View', 'view.zoomOut', { shortcuts: ['-', 'mod+-'], run: (editor) => editor.camera.zoomBy(0.8) }),
  action('View', 'view.zoomToSelection', { shortcuts: ['z'], when: hasSelection, run: (editor) => editor.zoomToRecords(editor.selection.ids) }),
  action('View', 'view.crosshair', { shortcuts: ['shift+x'], run: (editor) => editor.set({ crosshair: !editor.settings.crosshair }) }),
  action('View', 'view.grid', { shortcuts: ["mod+'"], run: (editor) => editor.set({ grid: !editor.settings.grid }) }),
  action('View', 'view.names', { shortcuts: ['n'], run: (editor) => editor.set({ showNames: !editor.settings.showNames }) }),
  action('View', 'view.snap', { shortcuts: ['shift+n'], run: (editor) => editor.set({ snap: !editor.settings.snap }) }),
  action('View', 'view.keyboardPointer', { shortcuts: ['k'], run: (editor) => editor.keyboardPointer.toggle() }),
  action('View', 'view.plainPicture', {
    when: ({ settings: { picture } }) => picture.brightness !== 1 || picture.contrast !== 1 || picture.gamma !== 1,
    run: (editor) => editor.set({ picture: { brightness: 1, contrast: 1, gamma: 1 } }),
  }),
];

const proposalActions: Action[] = [
  action('Proposals', 'proposal.accept', {
    shortcuts: ['a'],
    when: (editor) => commands.proposalsAtHand(editor).length > 0,
    run: (editor) => commands.acceptProposals(editor, commands.proposalsAtHand(editor)),
  }),
  action('Proposals', 'proposal.reject', {
    shortcuts: ['x'],
    when: (editor) => commands.proposalsAtHand(editor).length > 0,
    run: (editor) => commands.rejectProposals(editor, commands.proposalsAtHand(editor)),
  }),
  action('Proposals', 'proposal.acceptAll', {
    shortcuts: ['shift+a'],
    when: hasProposals,
    run: (editor) => commands.acceptProposals(editor, editor.document.ordered().filter(({ proposal }) => proposal)),
  }),
  action('Proposals', 'proposal.rejectAll', {
    when: hasProposals,
    run: (editor) => commands.rejectProposals(editor, editor.document.ordered().filter(({ proposal }) => proposal)),
  }),
];

const reviewActions: Action[] = [
  action('Review', 'review.approve', { shortcuts: ['shift+Enter'], when: hasSelection, run: (editor) => commands.reviewSelected(editor, 'approved') }),
  action('Review', 'review.issue', { shortcuts: ['shift+Delete'], when: hasSelection, run: (editor) => commands.reviewSelected(editor, 'issue') }),
  action('Review', 'review.clear', {
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
    ...videoActions,
    ...scanActions,
    ...viewActions,
    ...reviewActions,
  ];
}
