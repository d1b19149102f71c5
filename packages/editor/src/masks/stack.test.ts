import { describe, expect, test } from 'vitest';
import type { AnnotationOperation, GeometryOf } from '@fovea/contract';
import { bitmapFromRuns, decodeRle, rasterize } from '@fovea/geometry';
import { fromContent } from '../document/record.ts';
import { acceptProposals, classify } from '../editing/commands.ts';
import { addProposals } from '../editing/shapes.ts';
import type { RecordContent } from '../document/record.ts';
import { TestEditor } from '../testing/test-editor.ts';
import type { TestEditorOptions } from '../testing/test-editor.ts';
import { stackMask } from './stack-mask.ts';
import { maskGeometry, tiledFromRuns, tiledMask } from './mask-geometry.ts';

type Volume = GeometryOf<'volume'>;

/** Values rise with x: 10 for each pixel. */
function scanOf(options: TestEditorOptions & { scan?: 'volume' | 'frames' } = {}): TestEditor {
  const { scan = 'volume', ...rest } = options;
  const editor = new TestEditor({ settings: { brushSize: 10, snap: false, ...rest.settings }, ...rest });
  const data = Int16Array.from({ length: 100 * 80 }, (_, at) => (at % 100) * 10);
  const pixels = {
    read: ({ toWidth, toHeight }: { toWidth: number; toHeight: number }) => ({ width: toWidth, height: toHeight, data: new Uint8ClampedArray(toWidth * toHeight * 4) }),
    values: () => ({ data, slope: 2, intercept: -1000 }),
  };
  editor.setPicture({ width: 100, height: 80, frames: 9, scan, window: { center: 40, width: 400 } }, pixels);
  editor.camera.set({ zoom: 1, offsetX: 0, offsetY: 0 });
  return editor;
}
const stackOf = (editor: TestEditor, label: string) => {
  const geometry = editor.document.ordered().find((record) => record.label === label)?.geometry;
  return geometry?.type === 'volume' ? stackMask(geometry) : undefined;
};
const areaOn = (editor: TestEditor, label: string, frame: number) => {
  const mask = stackOf(editor, label)?.at(frame);
  return mask ? tiledMask(mask).area() : 0;
};
const slicesOf = (operation: AnnotationOperation | undefined) => {
  const geometry = operation && operation.kind !== 'delete' ? (operation.content.geometry as Volume | undefined) : undefined;
  return geometry?.slices?.map(({ frame, rle }) => [frame, rle ? bitmapFromRuns(decodeRle(rle)).reduce((sum, value) => sum + value, 0) : 0]);
};
const wheel = (editor: TestEditor, deltaY: number) => editor.scroll(50, 40, deltaY);

describe('on a volume I', () => {
  test('paint slices of one record for each label; a stroke is sent as the slices that it changed', () => {
    const editor = scanOf().use('brush').click(20, 20);
    expect(editor.only).toMatchObject({ type: 'volume', label: 'car', frame: null, geometry: { type: 'volume', value: 1, size: [100, 80, 9] } });
    wheel(editor, 80);
    expect(editor.frame).toBe(2);
    editor.drag([30, 30], [50, 30]);
    expect(editor.document.size).toBe(1);
    expect(stackOf(editor, 'car')?.painted()).toEqual([0, 2]);
    editor.key('2').click(70, 60);
    expect(editor.document.ordered().map(({ label }) => label)).toEqual(['car', 'person']);
    const [first, second, third] = editor.document.toOperations();
    expect(first).toMatchObject({ kind: 'create', content: { type: 'volume', geometry: { type: 'volume', size: [100, 80, 9] } } });
    expect([slicesOf(first), slicesOf(second), slicesOf(third)].map((slices) => slices?.map(([frame]) => frame))).toEqual([[0], [2], [2]]);
    expect(second?.kind).toBe('update');
    expect(slicesOf(second)).toEqual([[2, areaOn(editor, 'car', 2)]]);
    expect(JSON.parse(JSON.stringify(first))).toEqual(first);
  });

  test('accept what a model found on slices: its pixels join the volume of their label, whichever slice is shown', () => {
    const editor = scanOf().use('brush').click(20, 20);
    const before = areaOn(editor, 'car', 0);
    const found = (frame: number, label: string, x: number): RecordContent => {
      const runs = rasterize({ type: 'box', x, y: 40, width: 10, height: 5 }, { width: 100, height: 80 })!;
      const geometry = maskGeometry(tiledFromRuns(runs));
      return { type: 'mask', label, geometry, attributes: {}, frame, endFrame: null, confidence: 0.9, source: 'model' };
    };
    addProposals(editor, [found(0, 'car', 60), found(3, 'car', 60), found(5, 'person', 10)]);
    expect(editor.document.size).toBe(4);
    const sent = editor.document.toOperations().length;
    acceptProposals(editor, editor.document.ordered().filter(({ proposal }) => proposal));
    expect(editor.document.ordered().map(({ type, label }) => [type, label])).toEqual([['volume', 'car'], ['volume', 'person']]);
    expect([areaOn(editor, 'car', 0) - before, areaOn(editor, 'car', 3), areaOn(editor, 'person', 5)]).toEqual([50, 50, 50]);
    expect(editor.document.toOperations().slice(sent).map(({ kind }) => kind)).toEqual(['update', 'create']);
    editor.document.undo();
    expect([areaOn(editor, 'car', 0), editor.document.ordered().filter(({ proposal }) => proposal).length]).toEqual([before, 3]);
  });

  test('paint only values within a range with the threshold brush', () => {
    const editor = scanOf({ settings: { brushSize: 60, snap: false, thresholdLow: 0, thresholdHigh: 200 } }).use('threshold_brush').click(50, 40);
    // 20 · x − 1000 lies from 0 to 200 for x from 50 to 60.
    const mask = stackOf(editor, 'car')?.at(0);
    expect(mask && tiledMask(mask).bounds()).toMatchObject({ minX: 50, maxX: 61 });
    editor.holding({ alt: true }, () => editor.click(50, 40));
    expect(editor.document.size).toBe(0);
  });

  test('undo and redo strokes slice by slice, sharing what did not change', () => {
    const editor = scanOf().use('brush').click(20, 20);
    const before = stackOf(editor, 'car')?.at(0);
    wheel(editor, 40);
    editor.click(40, 40);
    expect(stackOf(editor, 'car')?.at(0)).toBe(before);
    editor.holding({ mod: true }, () => editor.key('z'));
    expect(stackOf(editor, 'car')?.painted()).toEqual([0]);
    expect(slicesOf(editor.document.toOperations().at(-1))).toEqual([[1, 0]]);
    editor.holding({ mod: true }, () => editor.key('y'));
    expect(stackOf(editor, 'car')?.painted()).toEqual([0, 1]);
  });

  test('erase; a volume without pixels goes', () => {
    const editor = scanOf().use('brush').click(20, 20);
    wheel(editor, 40);
    editor.click(20, 20).use('eraser');
    editor.set({ brushSize: 40 });
    editor.click(20, 20);
    expect(stackOf(editor, 'car')?.painted()).toEqual([0]);
    wheel(editor, -40);
    editor.click(20, 20);
    expect(editor.document.size).toBe(0);
    expect(editor.document.toOperations().at(-1)).toMatchObject({ kind: 'delete' });
  });

  test('fill the slices between two painted ones', () => {
    const editor = scanOf().use('brush').click(30, 40);
    editor.setFrame(4);
    editor.set({ brushSize: 30 });
    editor.click(30, 40);
    const sizes = () => [0, 1, 2, 3, 4].map((frame) => areaOn(editor, 'car', frame));
    editor.setFrame(2);
    editor.holding({ alt: true }, () => editor.key('i'));
    expect(sizes()).toEqual([...sizes()].sort((a, b) => a - b));
    expect(new Set(sizes()).size).toBe(5);
    expect(slicesOf(editor.document.toOperations().at(-1))?.map(([frame]) => frame)).toEqual([1, 2, 3]);
    editor.holding({ mod: true }, () => editor.key('z'));
    expect(stackOf(editor, 'car')?.painted()).toEqual([0, 4]);
  });

  test('turn a polygon into pixels of its label', () => {
    const editor = scanOf().use('brush').click(10, 10).use('polygon');
    editor.click(40, 40).click(60, 40).click(60, 60).click(40, 60).key('Enter');
    expect(editor.document.ordered().at(-1)).toMatchObject({ type: 'polygon', frame: 0 });
    const before = areaOn(editor, 'car', 0);
    editor.holding({ mod: true }, () => editor.key('m'));
    expect(editor.document.size).toBe(1);
    expect(areaOn(editor, 'car', 0)).toBe(before + 400);
  });

  test('copy the slice before, clear one, and go from painted slice to painted slice', () => {
    const editor = scanOf().use('brush').click(30, 40);
    const area = areaOn(editor, 'car', 0);
    editor.key('ArrowDown').key('.');
    editor.holding({ mod: true, shift: true }, () => editor.key('C', 'KeyC'));
    expect(areaOn(editor, 'car', 2)).toBe(area);
    editor.holding({ alt: true }, () => editor.key('d'));
    expect(editor.frame).toBe(0);
    editor.holding({ alt: true }, () => editor.key('Delete'));
    expect(stackOf(editor, 'car')?.painted()).toEqual([2]);
  });

  test('change the window with the right button and with its tool, and see the slices scroll', () => {
    const editor = scanOf().use('brush');
    editor.down(50, 40, { button: 2 }).move(60, 30).up();
    expect(editor.settings.window).toEqual({ center: 40 - 10 * 3.2, width: 400 + 10 * 3.2 });
    expect(editor.document.size).toBe(0);
    editor.key('w');
    expect(editor.tools.current).toBe('window');
    editor.key('w');
    expect(editor.tools.current).toBe('window');
    editor.holding({ shift: true }, () => editor.key('R', 'KeyR'));
    expect(editor.settings.window).toBeUndefined();
    wheel(editor, 20);
    expect(editor.frame).toBe(0);
    wheel(editor, 20);
    expect(editor.frame).toBe(1);
  });

  test('say a class of the whole scan, once', () => {
    const editor = scanOf();
    editor.setFrame(3);
    classify(editor, 'tree');
    classify(editor, 'tree');
    expect(editor.only).toMatchObject({ type: 'classification', label: 'tree', frame: null });
  });

  test('take pixels away from other labels where every pixel has one', () => {
    const editor = scanOf({ settings: { brushSize: 20, exclusiveMasks: true, snap: false } }).use('brush').click(30, 40);
    const before = areaOn(editor, 'car', 0);
    editor.key('2').click(40, 40);
    expect(areaOn(editor, 'car', 0)).toBeLessThan(before);
    expect(areaOn(editor, 'person', 0)).toBe(before);
  });
});

describe('frames that make no volume', () => {
  test('have a mask for each label and frame', () => {
    const editor = scanOf({ scan: 'frames' }).use('brush').click(20, 20).drag([22, 20], [30, 20]);
    expect(editor.only).toMatchObject({ type: 'mask', frame: 0, endFrame: null });
    editor.setFrame(3);
    editor.click(20, 20);
    editor.setFrame(1);
    editor.holding({ alt: true }, () => editor.key('i'));
    expect(editor.document.ordered().map(({ type, frame, label }) => [type, frame, label])).toEqual([0, 3, 1, 2].map((frame) => ['mask', frame, 'car']));
  });
});

describe('with others', () => {
  /** A volume on the server, with a block on each of the frames given. */
  const content = (blocks: Record<number, readonly [number, number]>): RecordContent => {
    const editor = scanOf();
    editor.use('brush');
    for (const [frame, [x, y]] of Object.entries(blocks)) {
      editor.setFrame(Number(frame));
      editor.click(x, y);
    }
    return { ...editor.only, attributes: {}, keyframes: undefined, group: undefined };
  };
  const loaded = () => {
    const editor = scanOf();
    const base = content({ 0: [20, 20] });
    editor.document.load([{ id: 'v', revision: 1, content: base }]);
    return { editor: editor.use('brush'), base };
  };

  test('edits of different slices are joined, and undo takes back mine alone', () => {
    const { editor } = loaded();
    editor.setFrame(1);
    editor.click(60, 60);
    expect(editor.document.applyRemote({ annotationId: 'v', revision: 2, content: content({ 0: [20, 20], 5: [40, 40] }) })).toBe('merged');
    expect(stackOf(editor, 'car')?.painted()).toEqual([0, 1, 5]);
    const [operation] = editor.document.toOperations();
    expect([operation?.kind === 'update' && operation.baseRevision, slicesOf(operation)?.map(([frame]) => frame)]).toEqual([2, [1]]);
    editor.holding({ mod: true }, () => editor.key('z'));
    expect(stackOf(editor, 'car')?.painted()).toEqual([0, 5]);
  });

  test('after the answer, what others paint stays when I undo', () => {
    const { editor } = loaded();
    editor.setFrame(1);
    editor.click(60, 60);
    const [operation] = editor.document.toOperations();
    const { geometry, ...answer } = content({ 0: [20, 20] });
    const plain: Volume = { type: 'volume', value: 1, size: geometry.type === 'volume' ? geometry.size : [1, 1, 1], blob: 'a'.repeat(64) };
    editor.document.acknowledge(operation?.opId ?? '', 2, { ...answer, geometry: plain });
    expect(editor.document.hasUnsentEdits).toBe(false);
    expect(editor.document.applyRemote({ annotationId: 'v', revision: 3, content: content({ 0: [20, 20], 1: [60, 60], 7: [10, 10] }) })).toBe('applied');
    editor.holding({ mod: true }, () => editor.key('z'));
    expect(stackOf(editor, 'car')?.painted()).toEqual([0, 7]);
    expect(slicesOf(editor.document.toOperations()[0])).toEqual([[1, 0]]);
  });

  test('the same slice painted by both is a conflict; mine is sent upon theirs', () => {
    const { editor } = loaded();
    editor.click(60, 60);
    expect(editor.document.applyRemote({ annotationId: 'v', revision: 2, content: content({ 0: [40, 40] }) })).toBe('conflict');
    editor.document.resolve('v', 'mine');
    const [operation] = editor.document.toOperations();
    expect([operation?.kind === 'update' && operation.baseRevision, slicesOf(operation)?.map(([frame]) => frame)]).toEqual([2, [0]]);
  });

  test('a journal plays strokes again upon what the server has', () => {
    const { editor, base } = loaded();
    editor.setFrame(2);
    editor.click(60, 60);
    const operations = JSON.parse(JSON.stringify(editor.document.toOperations())) as AnnotationOperation[];
    const again = scanOf();
    again.document.load([{ id: 'v', revision: 1, content: base }]);
    again.document.restore(operations);
    expect(stackOf(again, 'car')?.painted()).toEqual([0, 2]);
    expect(areaOn(again, 'car', 2)).toBe(areaOn(editor, 'car', 2));
  });

  test('what is not loaded is neither shown nor changed', () => {
    const editor = scanOf();
    const geometry: Volume = { type: 'volume', value: 1, size: [100, 80, 9], blob: 'b'.repeat(64) };
    editor.document.load([{ id: 'v', revision: 1, content: { ...fromContentDefaults, geometry } }]);
    expect(editor.scene.size).toBe(0);
    editor.use('brush').click(20, 20);
    expect(editor.document.size).toBe(2);
    expect(editor.document.get('v')?.geometry).toBe(geometry);
  });
  const fromContentDefaults = { type: 'volume', label: 'car', attributes: {}, frame: null, endFrame: null, confidence: null, source: 'human' } as const;
  test('and records keep their label and their class when read', () => {
    expect(fromContent('x', content({ 3: [5, 5] })).type).toBe('volume');
  });
});
