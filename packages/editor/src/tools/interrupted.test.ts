import { geometryFault } from '@fovea/geometry';
import { describe, expect, test } from 'vitest';
import { TestEditor } from '../testing/test-editor.ts';

const plain = { settings: { snap: false } };
const square = () =>
  new TestEditor(plain).use('polygon').click(100, 100).click(300, 100).click(300, 300).click(100, 300).key('Enter').use('select');

describe('a gesture that comes to nothing', () => {
  test('a click on a handle, a little beside its middle, changes nothing', () => {
    const editor = square();
    const before = editor.only.geometry;
    editor.click(302, 298).click(202, 101);
    expect(editor.only.geometry).toEqual(before);
    expect(editor.document.undoTitles).toEqual(['Draw']);
    editor.key('a').holding({ mod: true }, () => editor.key('a'));
    editor.use('box').drag([500, 100], [600, 200]).use('select').holding({ mod: true }, () => editor.key('a'));
    editor.click(601, 302);
    expect(editor.document.undoTitles).toEqual(['Draw', 'Draw']);
  });

  test('Shift and Alt do not draw beyond the edge of the picture', () => {
    const editor = new TestEditor({ ...plain, width: 500, height: 400 });
    editor.use('box').holding({ shift: true }, () => editor.drag([450, 100], [470, 300]));
    editor.use('ellipse').holding({ alt: true, shift: true }, () => editor.drag([100, 50], [400, 60]));
    editor.use('box').holding({ alt: true }, () => editor.drag([100, 300], [400, 320]));
    expect(editor.geometries()).toMatchObject([
      { type: 'box', x: 450, y: 100, width: 50, height: 50 },
      { type: 'ellipse', cx: 100, cy: 50, rx: 50, ry: 50 },
      { type: 'box', x: 0, y: 280, width: 200, height: 40 },
    ]);
  });

  test('pasted again and again, no copy lies upon another', () => {
    const editor = new TestEditor(plain).use('box').drag([100, 100], [200, 200]).use('select');
    editor.holding({ mod: true }, () => editor.key('c').key('v').key('v').key('v'));
    expect(editor.geometries()).toMatchObject([{ x: 100 }, { x: 114 }, { x: 128 }, { x: 142 }]);
  });

  test('a point among other shapes does not keep them from being resized', () => {
    const editor = new TestEditor(plain).use('box').drag([100, 100], [200, 200]).use('point').click(300, 300);
    editor.use('select').holding({ mod: true }, () => editor.key('a'));
    editor.drag([300, 300], [500, 500]);
    expect(editor.geometries()).toMatchObject([{ x: 100, y: 100, width: 200, height: 200 }, { x: 500, y: 500 }]);
  });

  test('a point beside the picture is none; one just beside its edge lies on it', () => {
    const editor = new TestEditor({ ...plain, width: 500, height: 400 }).use('point').click(700, 100);
    expect(editor.document.size).toBe(0);
    editor.click(503, 100);
    expect(editor.only.geometry).toEqual({ type: 'point', x: 500, y: 100 });
  });

  test('an outline that encloses nothing is told of, and goes on', () => {
    const editor = new TestEditor(plain).use('polygon').click(100, 100).click(200, 100).click(300, 100).key('Enter');
    expect([editor.document.size, editor.tools.isBusy, editor.notices]).toEqual([0, true, ['This encloses nothing: go on, or leave it with Escape']]);
    editor.click(300, 300).key('Enter');
    expect(editor.only.geometry).toMatchObject({ points: [[100, 100], [200, 100], [300, 100], [300, 300]] });
  });

  test('a hole beside the polygon, and one that would swallow it, leave it as it is', () => {
    const editor = square().use('hole').click(500, 100).click(600, 100).click(600, 200).key('Enter');
    editor.click(50, 50).click(400, 50).click(400, 400).click(50, 400).key('Enter');
    expect(editor.notices).toEqual(['There is no polygon to cut a hole into', 'The hole would take the whole polygon away']);
    expect(editor.only.geometry).toEqual({ type: 'polygon', points: [[100, 100], [300, 100], [300, 300], [100, 300]] });
    expect(editor.document.undoTitles).toEqual(['Draw']);
  });

  test('arrow keys stop at the edge of the picture, and leave nothing to undo there', () => {
    const editor = new TestEditor({ ...plain, width: 500, height: 400 }).use('box').drag([5, 100], [100, 200]).use('select');
    editor.holding({ shift: true }, () => editor.key('ArrowLeft').key('ArrowLeft'));
    expect(editor.only.geometry).toMatchObject({ x: 0, y: 100, width: 95 });
    expect(editor.document.undoTitles).toEqual(['Move', 'Draw']);
  });
});

describe('keys in the middle of a gesture', () => {
  test('undo takes back what is being drawn, and nothing else', () => {
    const editor = new TestEditor(plain).use('box').drag([100, 100], [200, 200]).down(300, 300).move(400, 400);
    editor.holding({ mod: true }, () => editor.key('z'));
    editor.up(450, 450);
    expect(editor.only.geometry).toMatchObject({ x: 100, y: 100 });
    editor.holding({ mod: true }, () => editor.key('z'));
    expect(editor.document.size).toBe(0);
  });

  test('undo puts a shape back that is being dragged, and a half stroke away', () => {
    const editor = square().down(150, 150).move(250, 250);
    editor.holding({ mod: true }, () => editor.key('z'));
    editor.up(300, 300);
    expect(editor.only.geometry).toMatchObject({ points: [[100, 100], [300, 100], [300, 300], [100, 300]] });
    editor.selection.clear();
    editor.use('brush').down(500, 500).move(560, 500);
    expect(editor.document.size).toBe(2);
    editor.holding({ mod: true }, () => editor.key('z'));
    editor.up(600, 500);
    expect(editor.document.size).toBe(1);
  });

  test('a stroke that a key has committed halfway is taken back where it was sent, too', () => {
    const editor = new TestEditor(plain).use('brush').down(100, 100).move(200, 100);
    editor.key('2').key('Escape').up(300, 100);
    expect(editor.document.size).toBe(0);
    expect(editor.document.toOperations().map(({ kind }) => kind)).toEqual(['create', 'update', 'delete']);
  });

  test('a digit pressed while drawing is for the shape being drawn, not for the one before', () => {
    const editor = new TestEditor(plain).use('polygon').click(100, 100).click(200, 100).click(200, 200).key('Enter');
    editor.click(400, 100).click(500, 100).key('2').click(500, 200).key('Enter');
    expect(editor.document.ordered().map(({ label }) => label)).toEqual(['car', 'person']);
  });

  test('Delete while a new box is being dragged leaves the one before alone', () => {
    const editor = new TestEditor(plain).use('box').drag([100, 100], [200, 200]).down(300, 300).move(400, 400).key('Delete').up(400, 400);
    expect(editor.document.size).toBe(2);
  });

  test('Delete while a shape is being dragged deletes it where it was', () => {
    const editor = square().down(150, 150).move(250, 250).key('Delete').move(400, 400).up(400, 400);
    expect(editor.document.size).toBe(0);
    editor.document.undo();
    expect(editor.only.geometry).toMatchObject({ points: [[100, 100], [300, 100], [300, 300], [100, 300]] });
  });

  test('another tool taken up drops the outline, whatever it was', () => {
    for (const tool of ['polygon', 'polyline', 'rotated_box', 'cuboid', 'box', 'ellipse', 'hole', 'cut'] as const) {
      const editor = new TestEditor(plain).use(tool).click(100, 100).move(200, 200).key('v').click(300, 300);
      expect([tool, editor.document.size, editor.tools.isBusy, editor.document.hasUnsentEdits]).toEqual([tool, 0, false, false]);
    }
  });

  test('a label that may not be drawn so is refused at the first click, and at the end the outline is kept', () => {
    const labels = [{ name: 'road', color: '#fff', types: ['polygon' as const] }, { name: 'sign', color: '#000', types: ['box' as const] }];
    const editor = new TestEditor({ ...plain, labels }).use('polygon').key('2').click(100, 100);
    expect([editor.tools.isBusy, editor.notices]).toEqual([false, ['sign may not be drawn as polygon']]);
    editor.key('1').click(100, 100).click(200, 100).click(200, 200).key('2').key('Enter').key('1').key('Enter');
    expect(editor.only).toMatchObject({ label: 'road', geometry: { points: [[100, 100], [200, 100], [200, 200]] } });
  });

  test('the picture zoomed and moved while drawing: places stay where they were set', () => {
    const editor = new TestEditor(plain).use('polygon').click(100, 100).click(200, 100);
    editor.scroll(200, 100, -400);
    editor.camera.panBy(50, 30);
    const [x, y] = editor.camera.toScreen([200, 200]);
    editor.click(x, y).key('Enter');
    const { geometry } = editor.only;
    const points = geometry.type === 'polygon' ? geometry.points.map((point) => point.map(Math.round)) : [];
    expect(points).toEqual([[100, 100], [200, 100], [200, 200]]);
  });

  test('the space bar is let go when the window loses the keyboard', () => {
    const editor = new TestEditor(plain).use('box');
    editor.dispatch({ type: 'key', phase: 'down', key: ' ', code: 'Space', repeat: false, shift: false, alt: false, mod: false });
    editor.tools.releaseKeys();
    editor.drag([100, 100], [200, 200]);
    expect(editor.document.size).toBe(1);
  });
});

describe('no edit that the platform would refuse', () => {
  const media = (editor: TestEditor) => ({ width: editor.picture.width, height: editor.picture.height });
  const faults = (editor: TestEditor) => editor.geometries().flatMap((geometry) => geometryFault(geometry, media(editor)) ?? []);

  test('a rotated box that reaches far beyond a flat picture is not drawn, and says so', () => {
    const editor = new TestEditor({ ...plain, width: 1000, height: 50 }).use('rotated_box').click(0, 0).click(25, 50).click(990, 5);
    expect([editor.document.size, editor.notices]).toEqual([0, ['This would lie beside the picture, or reach too far beyond it']]);
    editor.click(100, 10).click(200, 12).click(150, 45);
    expect([editor.document.size, faults(editor)]).toEqual([1, []]);
  });

  test('turned on a flat picture, or pushed out where shapes may leave it, a shape stays where it may lie', () => {
    const editor = new TestEditor({ settings: { snap: false, stayInPicture: false }, width: 1000, height: 50 }).use('rotated_box').click(20, 10).click(980, 10).click(500, 40);
    const drawn = editor.only.geometry;
    for (let times = 0; times < 6; times++) editor.actions.run(editor, 'shape.turnRight');
    expect(faults(editor)).toEqual([]);
    while (editor.document.canUndo && editor.document.undoTitles.length > 1) editor.document.undo();
    expect(editor.only.geometry).toEqual(drawn);
    editor.key('v').drag([500, 25], [500, 700]);
    expect(faults(editor)).toEqual([]);
  });

  test('masks and large shapes pasted on a smaller picture', () => {
    const editor = new TestEditor(plain).use('box').drag([0, 0], [1000, 800]).use('box').drag([100, 100], [150, 150]);
    editor.key('1').key('v').key('Escape').use('brush').drag([60, 60], [700, 60]).key('Enter').key('v');
    editor.actions.run(editor, 'edit.selectAll');
    editor.actions.run(editor, 'edit.copy');
    const { clip } = editor;
    editor.document.load([]);
    editor.setPicture({ width: 200, height: 160, frames: undefined });
    editor.clip = clip;
    editor.actions.run(editor, 'edit.paste');
    expect([editor.geometries().map(({ type }) => type).toSorted(), faults(editor), editor.notices.at(-1)]).toEqual([['box', 'mask'], [], 'What is too large for this picture was left out']);
  });

  test('a digit gives its label to what is selected and seen on the frame, not to a track that has left', () => {
    const editor = new TestEditor({ ...plain, frames: 20 }).use('box').drag([100, 100], [200, 200]);
    editor.setFrame(5);
    editor.actions.run(editor, 'track.outside');
    editor.setFrame(9);
    editor.key('2');
    expect([editor.only.label, editor.activeLabel]).toEqual(['car', 'person']);
    editor.setFrame(2);
    editor.key('3');
    expect(editor.only.label).toBe('tree');
  });
});
