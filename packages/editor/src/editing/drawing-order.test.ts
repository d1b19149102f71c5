import { expect, test } from 'vitest';
import { toContent } from '../document/record.ts';
import { TestEditor } from '../testing/test-editor.ts';

type Move = 'front' | 'back' | 'forward' | 'backward';

/** Boxes upon each other, named by the order in which they came. */
function stacked(count: number): TestEditor {
  const editor = new TestEditor({ settings: { snap: false } }).use('box');
  for (let n = 0; n < count; n++) {
    editor.drag([100 + n, 100], [300 + n, 300]);
    editor.use('box');
  }
  editor.selection.clear();
  return editor.use('select');
}
const order = (editor: TestEditor) => editor.document.ordered().map(({ geometry }) => (geometry.type === 'box' ? geometry.x - 100 : -1)).join('');
const move = (editor: TestEditor, which: readonly number[], how: Move) => {
  const ids = editor.document.ordered().filter(({ geometry }) => geometry.type === 'box' && which.includes(geometry.x - 100)).map(({ id }) => id);
  editor.selection.set(ids);
  expect(editor.actions.run(editor, `order.${how}`)).toBe(true);
};

/** The same annotations as the server would give them to somebody who comes later: by age. */
function reloaded(editor: TestEditor): TestEditor {
  const other = new TestEditor({ settings: { snap: false } });
  const sent = [...editor.document.ordered()].sort((a, b) => (a.id < b.id ? -1 : 1)).map((record) => ({ id: record.id, revision: 1, content: toContent(record) }));
  other.document.load(sent);
  return other;
}

test.each<[readonly number[], Move, string]>([
  [[0], 'front', '12340'],
  [[4], 'back', '40123'],
  [[1], 'forward', '02134'],
  [[1], 'backward', '10234'],
  [[0, 2], 'front', '13402'],
  [[1, 3], 'back', '13024'],
  [[0, 2], 'forward', '10324'],
  [[4], 'forward', '01234'],
])('%j to the %s: %s, also for who comes later', (which, how, after) => {
  const editor = stacked(5);
  move(editor, which, how);
  expect(order(editor)).toBe(after);
  expect(order(reloaded(editor))).toBe(after);
});

test('only what must move is sent, and what is new lies on top of all', () => {
  const editor = reloaded(stacked(4));
  move(editor, [0], 'front');
  expect(editor.document.toOperations().map((operation) => operation.kind === 'update' && operation.content)).toEqual([{ zOrder: 1 }]);
  editor.selection.clear();
  editor.use('box').drag([104, 100], [304, 300]);
  expect(order(editor)).toBe('12304');
  expect(order(reloaded(editor))).toBe('12304');
});

test('moved back and forth at random, the order is that of a plain list, and undo brings each one back', () => {
  const editor = stacked(6);
  const seen = [order(editor)];
  for (let round = 0; round < 60; round++) {
    const which = [0, 1, 2, 3, 4, 5].filter(() => Math.random() < 0.3);
    if (which.length === 0 || which.length === 6) continue;
    const how = (['front', 'back', 'forward', 'backward'] as const)[Math.floor(Math.random() * 4)] ?? 'front';
    const list = [...(seen.at(-1) ?? '')];
    const chosen = (one: string | undefined) => one !== undefined && which.includes(Number(one));
    const [rest, moved] = [list.filter((one) => !chosen(one)), list.filter(chosen)];
    const passing = how === 'forward' ? list.reverse() : list;
    for (let at = 1; at < passing.length; at++) if (chosen(passing[at]) && !chosen(passing[at - 1])) [passing[at - 1], passing[at]] = [passing[at] ?? '', passing[at - 1] ?? ''];
    const wanted = how === 'front' ? [...rest, ...moved] : how === 'back' ? [...moved, ...rest] : how === 'forward' ? passing.reverse() : passing;
    move(editor, which, how);
    expect(order(editor)).toBe(wanted.join(''));
    expect(order(reloaded(editor))).toBe(wanted.join(''));
    if (order(editor) !== seen.at(-1)) seen.push(order(editor));
  }
  for (const earlier of seen.toReversed().slice(1)) {
    editor.document.undo();
    expect(order(editor)).toBe(earlier);
  }
});
