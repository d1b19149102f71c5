import { describe, expect, test } from 'vitest';
import { tiledMask } from '../masks/mask-geometry.ts';
import { stackMask } from '../masks/stack-mask.ts';
import { TestEditor } from '../testing/test-editor.ts';
import { fillPlaneGap, paintOnPlane, type PlaneStrokeOptions, type StackPlane } from './plane-paint.ts';

const [width, height, frames] = [100, 80, 9] as const;
/** Frames are two columns apart, the last one on top. */
const coronal: StackPlane = { through: 1, at: 40, width, height: frames, flipX: false, flipY: true, rowHeight: 2 };
const sagittal: StackPlane = { ...coronal, through: 0, at: 25, width: height, flipX: true };

function scanOf(scan: 'volume' | 'frames' = 'volume'): TestEditor {
  const editor = new TestEditor({ settings: { brushSize: 10, snap: false } });
  editor.setPicture({ width, height, frames, scan }, undefined);
  return editor;
}
function stroke(editor: TestEditor, plane: StackPlane, path: readonly (readonly [number, number])[], options: Partial<PlaneStrokeOptions> = {}): void {
  const [from = [0, 0], ...rest] = path;
  const made = paintOnPlane(editor, plane, [...from], { isErasing: false, ...options });
  for (const to of rest) made?.move([...to]);
  made?.end();
}
/** The voxels of a label, as `x,y,frame`. */
function voxels(editor: TestEditor, label = 'car'): string[] {
  const found: string[] = [];
  for (const { geometry, label: of, frame } of editor.document.ordered()) {
    if (of !== label) continue;
    const masks = geometry.type === 'volume' ? (stackMask(geometry)?.painted() ?? []).map((at) => [at, stackMask(geometry)?.at(at)] as const) : geometry.type === 'mask' ? [[frame ?? 0, geometry] as const] : [];
    for (const [at, mask] of masks) if (mask) tiledMask(mask).eachSpan((y, from, to) => { for (let x = from; x < to; x++) found.push(`${x},${y},${at}`); });
  }
  return found;
}
const onFrame = (found: readonly string[], frame: number) => found.filter((voxel) => voxel.endsWith(`,${frame}`));

describe('on a plane across a volume I', () => {
  test('paint a disc that is round in the patient: fewer rows where frames lie far apart', () => {
    const editor = scanOf();
    stroke(editor, coronal, [[50, 4.5]]);
    const found = voxels(editor);
    expect(new Set(found.map((voxel) => voxel.split(',')[1]))).toEqual(new Set(['40']));
    expect(Array.from({ length: frames }, (_, frame) => onFrame(found, frame).length)).toEqual([0, 0, 6, 10, 10, 10, 6, 0, 0]);
    expect(editor.only).toMatchObject({ type: 'volume', frame: null, geometry: { size: [width, height, frames] } });
    expect(editor.document.toOperations()).toHaveLength(1);
    editor.document.undo();
    expect(editor.document.size).toBe(0);
  });

  test('paint into the volume that the label has; columns of a sagittal plane are rows of the frames, turned as it is', () => {
    const editor = scanOf();
    stroke(editor, coronal, [[50, 4.5]]);
    editor.set({ brushSize: 1 });
    stroke(editor, sagittal, [[10.5, 0.5], [12.5, 0.5]]);
    expect(editor.document.size).toBe(1);
    expect(onFrame(voxels(editor), 8).sort()).toEqual(['25,67,8', '25,68,8', '25,69,8']);
    expect(editor.document.toOperations().map(({ kind }) => kind)).toEqual(['create', 'update']);
  });

  test('reach every frame that a thin brush passes, and the one that it stands on', () => {
    const editor = scanOf();
    editor.set({ brushSize: 1 });
    const far = { ...coronal, rowHeight: 7 };
    stroke(editor, far, [[30.5, 0.1]]);
    expect(voxels(editor)).toEqual(['30,40,8']);
    stroke(editor, far, [[60.5, 0.2], [60.5, 8.9]]);
    expect(voxels(editor).filter((voxel) => voxel.startsWith('60,')).length).toBe(9);
  });

  test('paint only what is meant, erase, and fill what is enclosed', () => {
    const editor = scanOf();
    editor.set({ brushSize: 1 });
    stroke(editor, coronal, [[10.5, 4.5], [29.5, 4.5]], { isMeant: (_frame, x) => x >= 20 });
    expect(voxels(editor).map((voxel) => Number(voxel.split(',')[0]))).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
    stroke(editor, coronal, [[20.5, 4.5], [29.5, 4.5]], { isErasing: true });
    expect(editor.document.size).toBe(0);
    stroke(editor, coronal, [[40.5, 2.5], [50.5, 2.5], [50.5, 6.5], [40.5, 6.5], [40.5, 2.5]]);
    fillPlaneGap(editor, coronal, [45, 4.5]);
    expect(voxels(editor)).toHaveLength(11 * 5);
    editor.document.undo();
    expect(voxels(editor).length).toBeLessThan(11 * 5);
  });

  test('take a stroke back while it is under way', () => {
    const editor = scanOf();
    const made = paintOnPlane(editor, coronal, [50, 4.5], { isErasing: false });
    expect(editor.document.size).toBe(1);
    made?.cancel();
    expect([editor.document.size, editor.document.toOperations()]).toEqual([0, []]);
  });

  test('keep one mask to a voxel where that is set', () => {
    const editor = scanOf();
    editor.set({ brushSize: 1, exclusiveMasks: true });
    stroke(editor, coronal, [[20.5, 4.5], [29.5, 4.5]]);
    editor.setActiveLabel('person');
    stroke(editor, coronal, [[25.5, 4.5], [34.5, 4.5]]);
    expect([voxels(editor).length, voxels(editor, 'person').length]).toEqual([5, 10]);
  });
});

test('frames that make no volume get a mask each, of the label in hand', () => {
  const editor = scanOf('frames');
  stroke(editor, coronal, [[50, 4.5]]);
  expect(editor.document.ordered().map(({ type, frame }) => [type, frame])).toEqual([2, 3, 4, 5, 6].reverse().map((frame) => ['mask', frame]));
  stroke(editor, coronal, [[50, 4.5]], { isErasing: true });
  expect(editor.document.size).toBe(0);
});

test('what may not be changed stays: frames of others are looked at only', () => {
  const editor = scanOf('frames');
  editor.document.mayChange = ({ frame }) => frame === 4;
  stroke(editor, coronal, [[50, 4.5]]);
  expect(editor.document.ordered().map(({ frame }) => frame)).toEqual([4]);
  editor.setFrame(7);
  editor.use('box').drag([10, 10], [40, 40]);
  expect(editor.document.size).toBe(1);
});
