import type { Xy } from '@fovea/contract';
import { describe, expect, test } from 'vitest';
import { TestEditor } from '../testing/test-editor.ts';

describe('drawing', () => {
  test('I drag with the box tool and get a box with the active label', () => {
    const editor = new TestEditor();
    editor.setActiveLabel('person');
    editor.use('box').drag([100, 100], [300, 200]);
    expect(editor.only).toMatchObject({ type: 'box', label: 'person', geometry: { x: 100, y: 100, width: 200, height: 100 } });
    expect(editor.selection.single?.id).toBe(editor.only.id);
    expect(editor.document.toOperations()).toMatchObject([{ kind: 'create', content: { type: 'box', label: 'person' } }]);
  });

  test('two clicks draw a box as well', () => {
    const editor = new TestEditor().use('box').click(100, 100).move(250, 250).click(300, 200);
    expect(editor.only.geometry).toMatchObject({ x: 100, y: 100, width: 200, height: 100 });
  });

  test('Shift makes it square, Alt draws from the middle', () => {
    const editor = new TestEditor().use('box');
    editor.holding({ shift: true }, () => editor.drag([100, 100], [300, 200]));
    editor.holding({ alt: true }, () => editor.drag([500, 500], [550, 520]));
    expect(editor.geometries()).toMatchObject([
      { x: 100, y: 100, width: 200, height: 200 },
      { x: 450, y: 480, width: 100, height: 40 },
    ]);
  });

  test('a slip of the hand draws nothing, and leaves nothing to undo', () => {
    const editor = new TestEditor().use('box').drag([100, 100], [105, 101]);
    expect(editor.document.size).toBe(0);
    expect(editor.document.canUndo).toBe(false);
  });

  test('Escape leaves a box that is being dragged', () => {
    const editor = new TestEditor().use('box').down(100, 100).move(200, 200).key('Escape').up(300, 300);
    expect(editor.document.size).toBe(0);
  });

  test('shapes end at the edge of the picture', () => {
    const editor = new TestEditor({ width: 500, height: 400 }).use('box').drag([450, 350], [700, 600]);
    expect(editor.only.geometry).toMatchObject({ x: 450, y: 350, width: 50, height: 50 });
  });

  test('I click a polygon and close it on its first point', () => {
    const editor = new TestEditor().use('polygon').click(100, 100).click(200, 100).click(200, 200).click(102, 101);
    expect(editor.only.geometry).toEqual({ type: 'polygon', points: [[100, 100], [200, 100], [200, 200]] });
  });

  test('Enter closes a polygon, Backspace takes the last point back', () => {
    const editor = new TestEditor().use('polygon').click(100, 100).click(200, 100).click(600, 600).key('Backspace');
    editor.click(200, 200).key('Enter');
    expect(editor.only.geometry).toEqual({ type: 'polygon', points: [[100, 100], [200, 100], [200, 200]] });
  });

  test('a polygon of two points cannot be closed', () => {
    const editor = new TestEditor().use('polygon').click(100, 100).click(200, 100).key('Enter');
    expect(editor.document.size).toBe(0);
    expect(editor.tools.isBusy).toBe(true);
  });

  test('I draw a polygon by hand with the button held', () => {
    const editor = new TestEditor().use('polygon');
    editor.down(300, 300);
    for (let step = 1; step < 40; step++) {
      const angle = (step / 40) * Math.PI * 2;
      editor.move(200 + 100 * Math.cos(angle), 300 + 100 * Math.sin(angle));
    }
    editor.up().key('Enter');
    const { geometry } = editor.only;
    expect(geometry.type === 'polygon' && geometry.points.length).toBeGreaterThan(30);
  });

  test('a double click ends a polyline', () => {
    const editor = new TestEditor().use('polyline').click(100, 100).click(200, 150).doubleClick(300, 100);
    expect(editor.only.geometry).toEqual({ type: 'polyline', points: [[100, 100], [200, 150], [300, 100]] });
  });

  test('point, ellipse, rotated box, cuboid, key points', () => {
    const skeleton = { points: [{ name: 'head', x: 0.5, y: 0 }, { name: 'foot', x: 0.5, y: 1 }], edges: [['head', 'foot']] as [string, string][] };
    const editor = new TestEditor({ labels: [{ name: 'person', color: '#fff', skeleton }], settings: { snap: false } });
    editor.use('point').click(50, 60);
    editor.use('ellipse').drag([100, 100], [200, 140]);
    editor.use('rotated_box').click(300, 300).click(400, 300).click(350, 350);
    editor.use('cuboid').drag([500, 500], [600, 600]).click(570, 530);
    editor.use('keypoints').drag([700, 100], [740, 300]);
    expect(editor.geometries()).toEqual([
      { type: 'point', x: 50, y: 60 },
      { type: 'ellipse', cx: 150, cy: 120, rx: 50, ry: 20, angle: 0 },
      { type: 'rotated_box', cx: 350, cy: 325, width: 100, height: 50, angle: 0 },
      { type: 'cuboid', vertices: [[500, 500], [600, 500], [600, 600], [500, 600], [520, 480], [620, 480], [620, 580], [520, 580]] },
      { type: 'keypoints', points: [{ name: 'head', x: 720, y: 100, visibility: 2 }, { name: 'foot', x: 720, y: 300, visibility: 2 }] },
    ]);
  });

  test('a label that may not be drawn so says why', () => {
    const editor = new TestEditor({ labels: [{ name: 'road', color: '#fff', types: ['polygon'] }] });
    editor.use('box').drag([0, 0], [100, 100]);
    expect(editor.document.size).toBe(0);
    expect(editor.notices).toEqual(['road may not be drawn as box']);
  });

  test('a corner snaps to the corner of another shape, unless Control is held', () => {
    const editor = new TestEditor().use('box').drag([100, 100], [200, 200]).drag([204, 103], [300, 150]);
    expect(editor.geometries()[1]).toMatchObject({ x: 200, y: 100, width: 100, height: 50 });
    editor.holding({ mod: true }, () => editor.drag([204, 203], [300, 300]));
    expect(editor.geometries()[2]).toMatchObject({ x: 204, y: 203 });
  });
});

function withBoxes(...boxes: Xy[]): TestEditor {
  const editor = new TestEditor({ settings: { snap: false } }).use('box');
  for (const [x, y] of boxes) editor.drag([x, y], [x + 100, y + 100]);
  editor.selection.clear();
  return editor.use('select');
}

describe('selecting', () => {
  test('a click selects what lies under it, a click beside it nothing', () => {
    const editor = withBoxes([100, 100], [300, 100]).click(150, 150);
    expect(editor.selection.size).toBe(1);
    editor.click(350, 150);
    expect(editor.selection.size).toBe(1);
    editor.click(900, 700);
    expect(editor.selection.size).toBe(0);
  });

  test('Shift adds to the selection and takes away from it', () => {
    const editor = withBoxes([100, 100], [300, 100]).click(150, 150);
    editor.holding({ shift: true }, () => editor.click(350, 150));
    expect(editor.selection.size).toBe(2);
    editor.holding({ shift: true }, () => editor.click(150, 150));
    expect(editor.selection.single?.geometry).toMatchObject({ x: 300 });
  });

  test('a rectangle drawn beside the shapes selects those within it; with Alt also those it touches', () => {
    const editor = withBoxes([100, 100], [300, 100], [600, 600]).drag([50, 50], [350, 250]);
    expect(editor.selection.size).toBe(1);
    editor.holding({ alt: true }, () => editor.drag([50, 50], [350, 250]));
    expect(editor.selection.size).toBe(2);
  });

  test('of a small shape within a large one, a click takes the small one', () => {
    const editor = new TestEditor({ settings: { snap: false } });
    editor.use('box').drag([400, 400], [440, 440]).drag([100, 100], [800, 700]);
    editor.selection.clear();
    editor.use('select').click(420, 420);
    expect(editor.selection.single?.geometry).toMatchObject({ width: 40 });
  });

  test('locked and hidden shapes cannot be clicked', () => {
    const editor = withBoxes([100, 100], [300, 100]);
    const [first, second] = editor.document.ordered();
    editor.document.edit('Lock', () => editor.document.update([first.id], { locked: true }));
    editor.document.edit('Hide', () => editor.document.update([second.id], { hidden: true }));
    editor.click(150, 150).click(350, 150);
    expect(editor.selection.size).toBe(0);
  });
});

describe('moving and reshaping', () => {
  test('I drag a shape, and undo brings it back', () => {
    const editor = withBoxes([100, 100]).drag([150, 150], [250, 170]);
    expect(editor.only.geometry).toMatchObject({ x: 200, y: 120, width: 100, height: 100 });
    editor.document.undo();
    expect(editor.only.geometry).toMatchObject({ x: 100, y: 100 });
  });

  test('a trembling click does not move anything', () => {
    const editor = withBoxes([100, 100]).drag([150, 150], [151, 151]);
    expect(editor.only.geometry).toMatchObject({ x: 100, y: 100 });
    expect(editor.document.undoTitles).toEqual(['Draw']);
  });

  test('several move together, and none leaves the picture', () => {
    const editor = withBoxes([100, 100], [300, 100]);
    editor.drag([50, 50], [450, 250]).drag([150, 150], [-200, 150]);
    expect(editor.geometries()).toMatchObject([{ x: 0 }, { x: 200 }]);
  });

  test('Escape during a drag puts the shape back', () => {
    const editor = withBoxes([100, 100]).down(150, 150).move(300, 300).key('Escape').up();
    expect(editor.only.geometry).toMatchObject({ x: 100, y: 100 });
    expect(editor.document.isUncommitted(editor.only.id)).toBe(false);
  });

  test('a corner of a box follows the pointer', () => {
    const editor = withBoxes([100, 100]).click(150, 150).drag([200, 200], [260, 240]);
    expect(editor.only.geometry).toMatchObject({ x: 100, y: 100, width: 160, height: 140 });
  });

  test('a corner dragged over the opposite one turns the box inside out', () => {
    const editor = withBoxes([100, 100]).click(150, 150).drag([200, 200], [50, 40]);
    expect(editor.only.geometry).toMatchObject({ x: 50, y: 40, width: 50, height: 60 });
  });

  test('two boxes are resized by the frame around them', () => {
    const editor = withBoxes([100, 100], [300, 100]).drag([50, 50], [450, 250]);
    editor.drag([400, 200], [700, 300]);
    expect(editor.geometries()).toMatchObject([
      { x: 100, y: 100, width: 200, height: 200 },
      { x: 500, y: 100, width: 200, height: 200 },
    ]);
  });

  test('a rotated box is turned by its handle', () => {
    const editor = new TestEditor({ settings: { snap: false } });
    editor.use('rotated_box').click(300, 300).click(400, 300).click(350, 350);
    editor.use('select').drag([350, 276], [500, 325]);
    expect(editor.only.geometry).toMatchObject({ cx: 350, cy: 325, width: 100, height: 50 });
    expect(editor.only.geometry.type === 'rotated_box' && editor.only.geometry.angle).toBeCloseTo(Math.PI / 2);
  });
});

describe('editing a polygon', () => {
  const square = () => {
    const editor = new TestEditor({ settings: { snap: false } });
    return editor.use('polygon').click(100, 100).click(300, 100).click(300, 300).click(100, 300).key('Enter').use('select');
  };
  const points = (editor: TestEditor) => (editor.only.geometry.type === 'polygon' ? editor.only.geometry.points : []);

  test('I drag a vertex', () => {
    expect(points(square().drag([300, 300], [350, 360]))).toEqual([[100, 100], [300, 100], [350, 360], [100, 300]]);
  });

  test('I drag the middle of an edge and get a new vertex', () => {
    expect(points(square().drag([200, 100], [200, 50]))).toEqual([[100, 100], [200, 50], [300, 100], [300, 300], [100, 300]]);
  });

  test('a double click on an edge inserts a vertex there', () => {
    expect(points(square().doubleClick(150, 100))).toEqual([[100, 100], [150, 100], [300, 100], [300, 300], [100, 300]]);
  });

  test('Alt and click, or a right click, deletes a vertex; three always stay', () => {
    const editor = square();
    editor.holding({ alt: true }, () => editor.click(300, 300));
    expect(points(editor)).toEqual([[100, 100], [300, 100], [100, 300]]);
    editor.rightClick(300, 100);
    expect(points(editor)).toHaveLength(3);
    expect(editor.notices).toHaveLength(1);
  });

  test('the hole tool cuts a hole, whose vertices can be dragged', () => {
    const editor = square().use('hole').click(150, 150).click(250, 150).click(200, 250).key('Enter');
    expect(editor.only.geometry).toMatchObject({ holes: [expect.arrayContaining([[150, 150]])] });
    editor.use('select').drag([150, 150], [140, 140]);
    expect(editor.only.geometry).toMatchObject({ holes: [expect.arrayContaining([[140, 140]])] });
  });

  test('the cut tool makes two polygons that share the cut', () => {
    const editor = square().use('cut').click(50, 200).click(350, 200).key('Enter');
    const cut = editor.geometries().flatMap((geometry) => (geometry.type === 'polygon' ? [geometry.points] : []));
    expect(cut).toHaveLength(2);
    for (const piece of cut) expect(piece).toEqual(expect.arrayContaining([[100, 200], [300, 200]]));
    expect(editor.selection.size).toBe(2);
    editor.document.undo();
    expect(points(editor)).toHaveLength(4);
  });

  test('a cut that bends keeps its bend in both pieces', () => {
    const editor = square().use('cut').click(50, 200).click(200, 150).click(350, 200).key('Enter');
    for (const geometry of editor.geometries()) expect(geometry).toMatchObject({ points: expect.arrayContaining([[200, 150]]) });
    expect(editor.document.size).toBe(2);
  });

  test('a cut that ends within the polygon says that it must cross it', () => {
    const editor = square().use('cut').click(50, 200).click(200, 200).key('Enter');
    expect(points(editor)).toHaveLength(4);
    expect(editor.notices).toEqual(['The line must cross a polygon from one side to the other']);
  });
});

test('a right click on a joint hides it, then takes it away', () => {
  const skeleton = { points: [{ name: 'a', x: 0, y: 0 }, { name: 'b', x: 1, y: 1 }], edges: [['a', 'b']] as [string, string][] };
  const editor = new TestEditor({ labels: [{ name: 'person', color: '#fff', skeleton }], settings: { snap: false } });
  editor.use('keypoints').drag([100, 100], [200, 200]).use('select').rightClick(100, 100);
  expect(editor.only.geometry).toMatchObject({ points: [{ visibility: 1 }, { visibility: 2 }] });
  editor.rightClick(100, 100);
  expect(editor.only.geometry).toMatchObject({ points: [{ visibility: 0 }, { visibility: 2 }] });
});

test('the wheel zooms about the pointer, space and drag moves the view', () => {
  const editor = new TestEditor();
  const before = editor.camera.toImage([300, 200]);
  editor.scroll(300, 200, -400);
  expect(editor.camera.zoom).toBeGreaterThan(1.5);
  const after = editor.camera.toImage([300, 200]);
  expect(after[0]).toBeCloseTo(before[0]);
  expect(after[1]).toBeCloseTo(before[1]);
  const offset = editor.camera.current.offsetX;
  editor.dispatch({ type: 'key', phase: 'down', key: ' ', code: 'Space', repeat: false, shift: false, alt: false, mod: false });
  editor.drag([300, 200], [320, 200]);
  expect(editor.camera.current.offsetX).toBeCloseTo(offset + 20);
  expect(editor.document.size).toBe(0);
});

test('two fingers zoom and move the picture, and take back what one had begun to draw', () => {
  const editor = new TestEditor().use('box');
  const finger = (id: number, phase: 'down' | 'move' | 'up', x: number, y: number) =>
    editor.dispatch({ type: 'pointer', phase, x, y, id, device: 'touch', button: 0, clicks: 1, pressure: 0.5, shift: false, alt: false, mod: false });
  finger(1, 'down', 400, 400);
  finger(1, 'move', 420, 420);
  finger(2, 'down', 600, 400);
  expect(editor.tools.isBusy).toBe(false);
  const before = editor.camera.zoom;
  finger(2, 'move', 780, 400);
  expect(editor.camera.zoom / before).toBeCloseTo(2, 1);
  finger(2, 'up', 780, 400);
  finger(1, 'move', 200, 200);
  finger(1, 'up', 200, 200);
  expect(editor.document.size).toBe(0);
  finger(1, 'down', 100, 100);
  finger(1, 'move', 300, 300);
  finger(1, 'up', 300, 300);
  expect(editor.document.size).toBe(1);
});
