import type { AnnotationOperation, OperationResult } from '@fovea/contract';
import { EditorDocument } from '@fovea/editor';
import { ApiError, ConnectionError } from '@fovea/sdk';
import { expect, test } from 'vitest';
import { memoryJournal } from './journal.ts';
import { Saver, type SaveState } from './saver.ts';

const scope = { userId: 'u', itemId: 'i', taskId: '' };
const content = (x: number) => ({ type: 'box' as const, label: 'car', geometry: { type: 'box' as const, x, y: 0, width: 10, height: 10 }, attributes: {}, frame: null, endFrame: null, confidence: null, source: 'human' as const });

/** A platform that does what the test says, one answer after the other; without one it applies what it is sent. */
function bench(answers: ((operations: readonly AnnotationOperation[]) => OperationResult[])[] = []) {
  let count = 0;
  const document = new EditorDocument({ newId: () => `id-${String(++count).padStart(3, '0')}` });
  document.load([{ id: 'a', revision: 1, content: content(1) }]);
  const journal = memoryJournal();
  const states: SaveState[] = [];
  const sent: AnnotationOperation[][] = [];
  const refused: string[] = [];
  const send = async (operations: readonly AnnotationOperation[]) => {
    sent.push([...operations]);
    return (answers.shift() ?? applied)(operations);
  };
  const saver = new Saver({ document, journal, scope, send, onState: (state) => void states.push(state), onRefused: (message) => void refused.push(message), firstWaitMs: 1 });
  const move = (x: number) => document.edit('Move', () => document.update(['a'], { geometry: content(x).geometry }));
  return { document, journal, states, sent, refused, saver, move };
}

const applied = (operations: readonly AnnotationOperation[]): OperationResult[] =>
  operations.map(({ opId, annotationId, ...operation }) => ({ opId, annotationId, outcome: 'applied', annotation: { ...content(0), revision: ('baseRevision' in operation ? operation.baseRevision : 0) + 1 } as never }));
const lost = () => {
  throw new ConnectionError('no network');
};

test('an edit is written down, sent and taken out again', async () => {
  const { journal, sent, states, saver, move } = bench();
  move(5);
  expect(await saver.flush()).toBe(true);
  expect(sent).toMatchObject([[{ kind: 'update', annotationId: 'a', baseRevision: 1 }]]);
  expect([states.at(-1)?.kind, await journal.ofUser('u')]).toEqual(['saved', []]);
});

test('what could not be sent stays in the journal and is sent later, in its order', async () => {
  const { journal, sent, states, saver, move } = bench([lost, lost]);
  move(5);
  await expect.poll(() => states.some(({ kind }) => kind === 'waiting')).toBe(true);
  move(6);
  expect(await saver.flush()).toBe(true);
  await expect.poll(() => states.at(-1)?.kind).toBe('saved');
  expect(sent.flat().slice(-2).map((operation) => 'baseRevision' in operation && operation.baseRevision)).toEqual([1, 2]);
  expect(await journal.ofUser('u')).toEqual([]);
  saver.end();
});

test('while the network is gone the journal has every edit, oldest first', async () => {
  const { journal, saver, move } = bench([lost, lost, lost, lost, lost, lost]);
  move(5);
  move(6);
  await expect.poll(async () => (await journal.ofUser('u')).length).toBe(2);
  saver.end();
  expect((await journal.ofUser('u')).map(({ operation }) => operation.kind === 'update' && operation.content.geometry)).toMatchObject([{ x: 5 }, { x: 6 }]);
});

test('an edit is in the journal while the answer to the one before is awaited', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { document, journal, saver, move } = bench();
  const slow = new Saver({ document, journal, scope, send: async (operations) => (await promise, applied(operations)), onState: () => undefined, onRefused: () => undefined });
  saver.end();
  move(5);
  move(6);
  await expect.poll(async () => (await journal.ofUser('u')).length).toBe(2);
  expect(slow.unsent().map(({ itemId }) => itemId)).toEqual(['i', 'i']);
  resolve();
  await expect.poll(() => journal.ofUser('u')).toEqual([]);
});

test('an edit that the platform refuses is taken back, and said', async () => {
  const { document, journal, refused, saver, move } = bench([(operations) => operations.map(({ opId, annotationId }) => ({ opId, annotationId, outcome: 'invalid', annotation: null, message: 'x lies outside' }))]);
  move(-5);
  expect(await saver.flush()).toBe(true);
  expect(refused).toEqual(['x lies outside']);
  expect(document.get('a')?.geometry).toMatchObject({ x: 1 });
  expect(await journal.ofUser('u')).toEqual([]);
});

test('of many, the one that is no operation at all is found, and the others are saved', async () => {
  const broken = new ApiError({ status: 400, code: 'invalid_request', detail: 'Not valid', requestId: 'r', errors: [{ path: 'body.operations.0', message: 'must be a number' }] });
  const refuse = (operations: readonly AnnotationOperation[]) => {
    if (operations.some((operation) => operation.kind === 'create' && operation.content.label === 'bad')) throw broken;
    return applied(operations);
  };
  const { document, refused, saver, move } = bench([refuse, refuse, refuse, refuse]);
  document.create([{ ...document.get('a')!, id: 'b', label: 'bad' }]);
  document.commit();
  move(5);
  expect(await saver.flush()).toBe(true);
  expect(refused).toHaveLength(1);
  expect([document.has('b'), document.get('a')?.geometry]).toMatchObject([false, { x: 5 }]);
});

test('a conflict stays in the journal until somebody chose', async () => {
  const theirs = { ...content(99), label: 'tree', id: 'a', revision: 4, updatedBy: 'bob' };
  const clash = (operations: readonly AnnotationOperation[]) => operations.map(({ opId, annotationId }): OperationResult => ({ opId, annotationId, outcome: 'conflict', annotation: theirs as never }));
  const { document, journal, sent, saver, move } = bench([clash]);
  move(5);
  expect(await saver.flush()).toBe(false);
  expect(document.conflicts()).toMatchObject([{ annotationId: 'a', by: 'bob', fields: ['geometry'] }]);
  expect(await journal.ofUser('u')).toHaveLength(1);
  document.resolve('a', 'mine');
  await expect.poll(() => journal.ofUser('u')).toEqual([]);
  expect(sent.at(-1)).toMatchObject([{ kind: 'update', baseRevision: 4 }]);
  saver.end();
});

test('what waits is said to be kept only when a journal that lasts has taken it', async () => {
  const { journal, document, saver: other } = bench();
  other.end();
  let isFull = false;
  const lasting = {
    ...journal,
    lasts: true,
    put: async (entries: Parameters<typeof journal.put>[0]) => {
      if (isFull) throw new DOMException('full', 'QuotaExceededError');
      await journal.put(entries);
    },
  };
  const states: SaveState[] = [];
  const saver = new Saver({ document, journal: lasting, scope, send: lost, onState: (state) => void states.push(state), onRefused: () => undefined, firstWaitMs: 1 });
  const move = (x: number) => document.edit('Move', () => document.update(['a'], { geometry: content(x).geometry }));
  const waiting = () => states.findLast((state) => state.kind === 'waiting');
  move(5);
  await expect.poll(waiting).toMatchObject({ isKept: true });
  isFull = true;
  move(6);
  await expect.poll(waiting).toMatchObject({ unsent: 2, isKept: false });
  isFull = false;
  await expect.poll(waiting).toMatchObject({ unsent: 2, isKept: true });
  saver.end();
});
