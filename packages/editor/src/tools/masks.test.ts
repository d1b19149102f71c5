import { describe, expect, test } from 'vitest';
import { toMasks, toPolygons } from '../editing/mask-commands.ts';
import { tiledMask } from '../masks/mask-geometry.ts';
import { TestEditor } from '../testing/test-editor.ts';

const areas = (editor: TestEditor) =>
  editor.geometries().map((geometry) => (geometry.type === 'mask' ? tiledMask(geometry).area() : undefined));

describe('painting', () => {
  test('strokes of the brush make one mask, each stroke a step to undo', () => {
    const editor = new TestEditor().use('brush').drag([100, 100], [200, 100]);
    const [first] = areas(editor);
    editor.drag([150, 50], [150, 150]);
    const [second] = areas(editor);
    expect(editor.document.size).toBe(1);
    expect(second).toBeGreaterThan(first ?? 0);
    editor.document.undo();
    expect(areas(editor)).toEqual([first]);
    editor.document.undo();
    expect(editor.document.size).toBe(0);
    editor.document.redo();
    editor.document.redo();
    expect(areas(editor)).toEqual([second]);
  });

  test('with nothing selected a stroke begins a new mask', () => {
    const editor = new TestEditor().use('brush').drag([100, 100], [200, 100]);
    editor.selection.clear();
    editor.drag([400, 400], [500, 400]);
    expect(editor.document.size).toBe(2);
  });

  test('the eraser takes pixels away, and a mask without pixels is gone', () => {
    const editor = new TestEditor({ settings: { brushSize: 20 } }).use('brush').drag([100, 100], [200, 100]);
    const [before] = areas(editor);
    editor.use('eraser').drag([150, 80], [150, 120]);
    expect(areas(editor)[0]).toBeLessThan(before ?? 0);
    editor.set({ brushSize: 60 });
    editor.drag([90, 100], [210, 100]);
    expect(editor.document.size).toBe(0);
    expect(editor.document.toOperations().at(-1)).toMatchObject({ kind: 'delete' });
  });

  test('Escape in the middle of a stroke takes the stroke back', () => {
    const editor = new TestEditor().use('brush').down(100, 100).move(200, 100).key('Escape').up();
    expect(editor.document.size).toBe(0);
    expect(editor.document.canUndo).toBe(false);
  });

  test('exclusive masks: a stroke takes its pixels from the masks beneath', () => {
    const editor = new TestEditor({ settings: { exclusiveMasks: true, brushSize: 20 } }).use('brush').drag([100, 100], [200, 100]);
    const [whole] = areas(editor);
    editor.selection.clear();
    editor.setActiveLabel('person');
    editor.drag([150, 60], [150, 140]);
    const [rest, upper] = areas(editor);
    expect(rest).toBeLessThan(whole ?? 0);
    expect((rest ?? 0) + (upper ?? 0)).toBeGreaterThan(whole ?? 0);
  });

  test('brackets change the size of the brush', () => {
    const editor = new TestEditor({ settings: { brushSize: 20 } }).use('brush').key(']');
    expect(editor.settings.brushSize).toBe(25);
    editor.key('[').key('[');
    expect(editor.settings.brushSize).toBe(16);
  });

  test('a click into the gap of a ring fills it', () => {
    const editor = new TestEditor({ settings: { brushSize: 10 } }).use('brush');
    editor.drag([100, 100], [200, 100], [200, 200], [100, 200], [100, 100]);
    const [ring] = areas(editor);
    editor.use('fill').click(150, 150);
    expect(areas(editor)[0]).toBeGreaterThan((ring ?? 0) + 80 * 80);
    editor.click(400, 400);
    expect(editor.notices).toEqual(['No mask encloses this place']);
  });
});

describe('masks and polygons', () => {
  test('a polygon becomes a mask of its pixels, and a polygon again', () => {
    const editor = new TestEditor({ settings: { snap: false, simplifyTolerance: 0 } });
    editor.use('polygon').click(100, 100).click(200, 100).click(200, 180).click(100, 180).key('Enter');
    toMasks(editor);
    expect(areas(editor)).toEqual([100 * 80]);
    toPolygons(editor);
    expect(editor.only.type).toBe('polygon');
    expect(editor.only.geometry).toMatchObject({ points: expect.arrayContaining([[100, 100], [200, 100], [200, 180], [100, 180]]) });
  });

  test('a mask of two pieces becomes two polygons with its label', () => {
    const editor = new TestEditor({ settings: { brushSize: 20 } });
    editor.setActiveLabel('tree');
    editor.use('brush').drag([100, 100], [150, 100]).drag([300, 300], [350, 300]);
    toPolygons(editor);
    expect(editor.document.ordered().map(({ type, label }) => [type, label])).toEqual([['polygon', 'tree'], ['polygon', 'tree']]);
  });

  test('a mask can be moved: its pixels go with it', () => {
    const editor = new TestEditor({ settings: { brushSize: 20, snap: false } }).use('brush').drag([100, 100], [150, 100]);
    const [area] = areas(editor);
    editor.use('select').drag([120, 100], [220, 150]);
    const { geometry } = editor.only;
    expect(geometry.type === 'mask' && tiledMask(geometry).bounds()).toMatchObject({ minX: 190, minY: 140 });
    expect(areas(editor)).toEqual([area]);
  });
});
