import type { Xy } from '@fovea/contract';
import { describe, expect, test } from 'vitest';
import { fromContent, toContent } from '../document/record.ts';
import { TestEditor } from '../testing/test-editor.ts';
import { ActionTable, comboOf, normalCombo } from './action.ts';
import { editorActions } from './actions.ts';

function withBoxes(...boxes: Xy[]): TestEditor {
  const editor = new TestEditor({ settings: { snap: false } }).use('box');
  for (const [x, y] of boxes) editor.drag([x, y], [x + 100, y + 100]);
  editor.selection.clear();
  return editor.use('select');
}
const xs = (editor: TestEditor) => editor.geometries().map((geometry) => (geometry.type === 'box' ? geometry.x : undefined));
const mod = (editor: TestEditor, key: string) => editor.holding({ mod: true }, () => editor.key(key));

describe('by key I', () => {
  test('undo and redo', () => {
    const editor = withBoxes([100, 100]);
    mod(editor, 'z');
    expect(editor.document.size).toBe(0);
    editor.holding({ mod: true, shift: true }, () => editor.key('Z', 'KeyZ'));
    expect(editor.document.size).toBe(1);
  });

  test('undo in the middle of a drag: the drag is taken back first', () => {
    const editor = withBoxes([100, 100]).down(150, 150).move(300, 300);
    mod(editor, 'z');
    expect(xs(editor)).toEqual([100]);
    editor.up();
    expect(xs(editor)).toEqual([100]);
    mod(editor, 'z');
    expect(editor.document.size).toBe(0);
  });

  test('delete', () => {
    const editor = withBoxes([100, 100], [300, 100]).click(150, 150).key('Delete');
    expect(xs(editor)).toEqual([300]);
    expect(editor.selection.size).toBe(0);
  });

  test('choose the label of the next shape, and relabel what is selected', () => {
    const editor = withBoxes([100, 100]).key('2');
    expect(editor.activeLabel).toBe('person');
    editor.click(150, 150).key('3');
    expect(editor.only.label).toBe('tree');
    editor.key('9');
    expect(editor.only.label).toBe('tree');
  });

  test('take up a tool, and Escape leaves it', () => {
    const editor = new TestEditor().key('p');
    expect(editor.tools.current).toBe('polygon');
    editor.click(100, 100).key('Escape');
    expect(editor.tools.current).toBe('polygon');
    editor.key('Escape');
    expect(editor.tools.current).toBe('select');
  });

  test('copy and paste: the copy lies beside the original, selected', () => {
    const editor = withBoxes([100, 100]).click(150, 150);
    mod(editor, 'c');
    mod(editor, 'v');
    expect(xs(editor)).toEqual([100, 114]);
    expect(editor.selection.single?.geometry).toMatchObject({ x: 114, y: 114 });
    editor.holding({ mod: true, shift: true }, () => editor.key('V', 'KeyV'));
    expect(xs(editor)).toEqual([100, 114, 100]);
  });

  test('cut and paste puts a shape back where it was', () => {
    const editor = withBoxes([100, 100]).click(150, 150);
    mod(editor, 'x');
    expect(editor.document.size).toBe(0);
    mod(editor, 'v');
    expect(xs(editor)).toEqual([100]);
  });

  test('paste onto a smaller picture: the copy lies within it', () => {
    const editor = withBoxes([800, 600]).click(850, 650);
    mod(editor, 'c');
    editor.document.load([]);
    editor.setPicture({ width: 640, height: 480, frames: undefined });
    mod(editor, 'v');
    expect(editor.only.geometry).toMatchObject({ x: 540, y: 380, width: 100, height: 100 });
  });

  test('move by a pixel, or ten', () => {
    const editor = withBoxes([100, 100]).click(150, 150).key('ArrowRight');
    editor.holding({ shift: true }, () => editor.key('ArrowLeft'));
    expect(xs(editor)).toEqual([91]);
  });

  test('group shapes: a click takes them together, ungroup lets go', () => {
    const editor = withBoxes([100, 100], [300, 100]);
    mod(editor, 'a');
    mod(editor, 'g');
    editor.click(900, 700).click(150, 150);
    expect(editor.selection.size).toBe(2);
    expect(editor.document.toOperations().at(-1)).toMatchObject({ content: { group: expect.any(String) as string } });
    editor.holding({ mod: true, shift: true }, () => editor.key('G', 'KeyG'));
    editor.click(900, 700).click(150, 150);
    expect(editor.selection.size).toBe(1);
    expect(editor.document.toOperations().at(-1)).toMatchObject({ content: { group: null } });
  });

  test('hide and show again, lock and unlock', () => {
    const editor = withBoxes([100, 100]).click(150, 150);
    mod(editor, 'h');
    expect(editor.scene.size).toBe(0);
    editor.holding({ mod: true, shift: true }, () => editor.key('H', 'KeyH'));
    expect(editor.scene.size).toBe(1);
    editor.click(150, 150);
    mod(editor, 'l');
    editor.click(900, 700).click(150, 150);
    expect(editor.selection.size).toBe(0);
    editor.holding({ mod: true, shift: true }, () => editor.key('L', 'KeyL'));
    expect(editor.click(150, 150).selection.size).toBe(1);
  });

  test('change the drawing order', () => {
    const editor = withBoxes([100, 100], [300, 100], [500, 100]);
    editor.click(150, 150).key(']');
    expect(xs(editor)).toEqual([300, 100, 500]);
    editor.key('}');
    expect(xs(editor)).toEqual([300, 500, 100]);
    editor.key('{');
    expect(xs(editor)).toEqual([100, 300, 500]);
  });

  test('merge polygons that overlap', () => {
    const editor = new TestEditor({ settings: { snap: false } }).use('polygon');
    editor.click(100, 100).click(200, 100).click(200, 200).click(100, 200).key('Enter');
    editor.click(150, 100).click(300, 100).click(300, 200).click(150, 200).key('Enter');
    mod(editor, 'a');
    editor.holding({ mod: true, shift: true }, () => editor.key('M', 'KeyM'));
    expect(editor.only.geometry).toMatchObject({ points: expect.arrayContaining([[100, 100], [300, 200]]) });
  });

  test('walk through the shapes with Tab', () => {
    const editor = withBoxes([100, 100], [300, 100]).key('Tab');
    expect(editor.selection.single?.geometry).toMatchObject({ x: 100 });
    editor.key('Tab').key('Tab');
    expect(editor.selection.single?.geometry).toMatchObject({ x: 100 });
    editor.holding({ shift: true }, () => editor.key('Tab'));
    expect(editor.selection.single?.geometry).toMatchObject({ x: 300 });
  });

  test('accept and reject proposals', () => {
    const editor = withBoxes([100, 100], [300, 100]);
    const [first, second] = editor.document.ordered();
    editor.document.load([]);
    editor.document.edit('Propose', () => editor.document.create([first, second].map((record) => fromContent(record.id, toContent(record), { proposal: true }))));
    expect(editor.document.toOperations()).toEqual([]);
    editor.move(150, 150).key('a');
    expect(editor.document.toOperations()).toMatchObject([{ kind: 'create', annotationId: first.id }]);
    editor.move(350, 150).key('x');
    expect(editor.document.size).toBe(1);
    expect(editor.document.toOperations()).toHaveLength(1);
  });

  test('review what is selected', () => {
    const editor = withBoxes([100, 100]).click(150, 150);
    editor.holding({ shift: true }, () => editor.key('Enter'));
    expect(editor.document.toOperations().at(-1)).toMatchObject({ kind: 'update', content: { status: 'approved' } });
  });

  test('zoom to the selection, and back to the whole picture', () => {
    const editor = withBoxes([100, 100]).click(150, 150).key('z');
    expect(editor.camera.zoom).toBeGreaterThan(3);
    const [x, y] = editor.camera.toScreen([150, 150]);
    expect([Math.round(x), Math.round(y)]).toEqual([500, 400]);
    editor.key('0');
    expect(editor.camera.zoom).toBeLessThan(1);
  });
});

describe('by keys alone, without a mouse', () => {
  const press = (editor: TestEditor, phase: 'down' | 'up') =>
    editor.dispatch({ type: 'key', phase, key: ' ', code: 'Space', repeat: false, shift: false, alt: false, mod: false });
  const walk = (editor: TestEditor, key: string, steps: number) => {
    for (let step = 0; step < steps; step++) editor.key(key);
  };

  test('I draw a box', () => {
    const editor = new TestEditor({ settings: { snap: false } }).key('b').key('k');
    press(editor, 'down');
    walk(editor, 'ArrowRight', 8);
    walk(editor, 'ArrowDown', 5);
    press(editor, 'up');
    expect(editor.only.geometry).toMatchObject({ x: 500, y: 400, width: 80, height: 50 });
  });

  test('I draw a polygon, point by point', () => {
    const editor = new TestEditor({ settings: { snap: false } }).key('p').key('k');
    const click = () => {
      press(editor, 'down');
      press(editor, 'up');
    };
    click();
    walk(editor, 'ArrowRight', 5);
    click();
    walk(editor, 'ArrowDown', 5);
    click();
    editor.key('Enter');
    expect(editor.only.geometry).toEqual({ type: 'polygon', points: [[500, 400], [550, 400], [550, 450]] });
  });
});

describe('shortcuts', () => {
  const key = (name: string, code: string, held: { shift?: boolean; alt?: boolean; mod?: boolean } = {}) =>
    comboOf({ type: 'key', phase: 'down', key: name, code, repeat: false, shift: false, alt: false, mod: false, ...held });

  test('are the same however they are written', () => {
    expect(normalCombo('Shift+Ctrl+Z')).toBe('mod+shift+z');
    expect(key('Z', 'KeyZ', { shift: true, mod: true })).toBe('mod+shift+z');
    expect(key('}', 'BracketRight', { shift: true })).toBe('}');
    expect(key('π', 'KeyP', { alt: true })).toBe('alt+p');
    expect(key('+', 'Equal', { shift: true })).toBe(normalCombo('+'));
  });

  test('can be changed, and taken away', () => {
    const editor = withBoxes([100, 100]).click(150, 150);
    const table = new ActionTable(editorActions(editor), { 'edit.delete': ['ctrl+k'], 'edit.undo': [] });
    const input = { type: 'key', phase: 'down', repeat: false, shift: false, alt: false, mod: true } as const;
    expect(table.handle(editor, { ...input, key: 'z', code: 'KeyZ' })).toBe(false);
    expect(table.handle(editor, { ...input, key: 'k', code: 'KeyK' })).toBe(true);
    expect(editor.document.size).toBe(0);
    expect(table.shortcutsOf('edit.delete')).toEqual(['mod+k']);
  });

  test('of actions that can run at the same time clash only where that is meant', () => {
    const editor = withBoxes([100, 100]).click(150, 150);
    const clashes = new ActionTable(editorActions(editor)).clashes(editor);
    expect(clashes).toEqual([]);
    editor.use('box').drag([400, 400], [500, 500]);
    expect(new ActionTable(editorActions(editor)).clashes(editor)).toEqual([{ combo: 'Escape', actions: ['edit.selectNone', 'tool.select'] }]);
  });

  test('and ids are unique', () => {
    const ids = editorActions(new TestEditor()).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
