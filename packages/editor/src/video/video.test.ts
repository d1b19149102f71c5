import { describe, expect, test } from 'vitest';
import { setAttributes } from '../editing/track-commands.ts';
import { TestEditor } from '../testing/test-editor.ts';
import { stateAt } from './track-state.ts';

const video = (more = {}) => new TestEditor({ frames: 100, settings: { snap: false, ...more } });
const xAt = (editor: TestEditor, frame: number, record = editor.only) => {
  const state = stateAt(record, frame);
  return state?.geometry.type === 'box' ? state.geometry.x : undefined;
};

/** A box drawn on frame 10 and moved on frame 20. */
function track(): TestEditor {
  const editor = video();
  editor.setFrame(10);
  editor.use('box').drag([100, 100], [200, 200]);
  editor.setFrame(20);
  return editor.use('select').drag([150, 150], [250, 150]);
}

describe('tracks', () => {
  test('a box drawn on one frame and moved on another moves in between', () => {
    const editor = track();
    expect(editor.only).toMatchObject({ frame: 10, endFrame: 99 });
    expect(editor.only.keyframes?.map(({ frame }) => frame)).toEqual([10, 20]);
    expect([xAt(editor, 9), xAt(editor, 10), xAt(editor, 15), xAt(editor, 20), xAt(editor, 99)]).toEqual([undefined, 100, 150, 200, 200]);
  });

  test('what is on the picture follows the frame', () => {
    const editor = track();
    editor.setFrame(15);
    expect(editor.scene.hit([200, 150], 3)?.record.id).toBe(editor.only.id);
    editor.setFrame(5);
    expect(editor.scene.size).toBe(0);
  });

  test('moving the box where it has no key frame makes one there', () => {
    const editor = track();
    editor.setFrame(15);
    editor.click(200, 150).drag([200, 150], [200, 250]);
    expect(editor.only.keyframes?.map(({ frame }) => frame)).toEqual([10, 15, 20]);
    editor.document.undo();
    expect(editor.only.keyframes).toHaveLength(2);
  });

  test('a key frame can be set and cleared; the last one stays', () => {
    const editor = track();
    editor.setFrame(15);
    editor.key('r');
    expect(editor.only.keyframes).toHaveLength(3);
    editor.key('r');
    expect(editor.only.keyframes).toHaveLength(2);
    editor.setFrame(20);
    editor.key('r');
    editor.setFrame(10);
    editor.key('r');
    expect(editor.only.keyframes).toHaveLength(1);
  });

  test('the object leaves the picture and comes back', () => {
    const editor = track();
    editor.setFrame(30);
    editor.key('q');
    expect([xAt(editor, 29), xAt(editor, 30), xAt(editor, 50)]).toEqual([200, undefined, undefined]);
    editor.setFrame(60);
    editor.key('q');
    expect([xAt(editor, 59), xAt(editor, 60)]).toEqual([undefined, 200]);
  });

  test('covered is a mark of the key frame, kept until the next', () => {
    const editor = track();
    editor.setFrame(30);
    editor.holding({ shift: true }, () => editor.key('Q', 'KeyQ'));
    expect(stateAt(editor.only, 29)?.occluded).toBe(false);
    expect(stateAt(editor.only, 40)?.occluded).toBe(true);
  });

  test('split and merge give the same movement again', () => {
    const editor = track();
    const before = [12, 15, 18].map((frame) => xAt(editor, frame));
    editor.setFrame(15);
    editor.holding({ alt: true }, () => editor.key('s'));
    expect(editor.document.ordered().map(({ frame, endFrame }) => [frame, endFrame])).toEqual([[10, 14], [15, 99]]);
    editor.selection.set(editor.document.ordered().map(({ id }) => id));
    editor.holding({ alt: true }, () => editor.key('m'));
    expect([12, 15, 18].map((frame) => xAt(editor, frame))).toEqual(before);
  });

  test('tracks that share frames cannot be merged, and the editor says so', () => {
    const editor = track();
    editor.use('box').drag([500, 500], [600, 600]);
    editor.selection.set(editor.document.ordered().map(({ id }) => id));
    editor.holding({ alt: true }, () => editor.key('m'));
    expect(editor.document.size).toBe(2);
    expect(editor.notices).toHaveLength(1);
  });

  test('alt+F and alt+D step from key frame to key frame', () => {
    const editor = track();
    editor.holding({ alt: true }, () => editor.key('d'));
    expect(editor.frame).toBe(10);
    editor.holding({ alt: true }, () => editor.key('f'));
    expect(editor.frame).toBe(20);
  });

  test('an attribute of a frame holds from there on; one of the object holds everywhere', () => {
    const editor = track();
    setAttributes(editor, { color: 'red' }, false);
    editor.setFrame(15);
    setAttributes(editor, { lights: 'on' }, true);
    expect(stateAt(editor.only, 12)?.attributes).toEqual({ color: 'red' });
    expect(stateAt(editor.only, 18)?.attributes).toEqual({ color: 'red', lights: 'on' });
    expect(xAt(editor, 15)).toBe(150);
  });
});

describe('shapes of single frames', () => {
  const shapes = () => {
    const editor = video({ drawTracks: false });
    editor.setFrame(10);
    return editor.use('box').drag([100, 100], [200, 200]).use('select');
  };

  test('are on their frame only', () => {
    const editor = shapes();
    expect(editor.only).toMatchObject({ frame: 10, endFrame: null, keyframes: undefined });
    expect([xAt(editor, 9), xAt(editor, 10), xAt(editor, 11)]).toEqual([undefined, 100, undefined]);
  });

  test('can be copied to the next frames', () => {
    const editor = shapes();
    editor.holding({ mod: true }, () => editor.key('b'));
    expect(editor.document.ordered().map(({ frame }) => frame)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  });

  test('can be taken over from the frame before', () => {
    const editor = shapes();
    editor.setFrame(11);
    editor.holding({ mod: true, shift: true }, () => editor.key('C', 'KeyC'));
    expect(editor.document.ordered().map(({ frame }) => frame)).toEqual([10, 11]);
    expect(editor.selection.single?.frame).toBe(11);
  });

  test('become a track', () => {
    const editor = shapes();
    editor.actions.run(editor, 'track.make');
    expect(editor.only).toMatchObject({ frame: 10, endFrame: 99 });
    expect(xAt(editor, 50)).toBe(100);
  });

  test('copied on one frame are pasted on another', () => {
    const editor = shapes();
    editor.holding({ mod: true }, () => editor.key('c'));
    editor.setFrame(40);
    editor.holding({ mod: true }, () => editor.key('v'));
    expect(editor.document.ordered().map(({ frame }) => frame)).toEqual([10, 40]);
    expect(editor.geometries()[1]).toMatchObject({ x: 100, y: 100 });
  });
});

test('a shape of the whole video is on every frame', () => {
  const editor = video();
  editor.document.load([
    { id: 'a', revision: 1, content: { type: 'box', label: 'car', geometry: { type: 'box', x: 5, y: 5, width: 9, height: 9 }, attributes: {}, frame: null, endFrame: null, confidence: null, source: 'human' } },
  ]);
  editor.setFrame(77);
  expect(editor.scene.size).toBe(1);
});

test('changing the frame in the middle of a drag takes the drag back', () => {
  const editor = track();
  editor.setFrame(10);
  editor.down(150, 150).move(400, 400);
  editor.setFrame(11);
  expect(xAt(editor, 10)).toBe(100);
  expect(editor.document.isUncommitted(editor.only.id)).toBe(false);
});
