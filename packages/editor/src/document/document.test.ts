import type { AnnotationContent } from '@fovea/contract';
import { describe, expect, test } from 'vitest';
import { EditorDocument } from './document.ts';
import { fromContent } from './record.ts';
import type { EditorRecord } from './record.ts';

const content = (x: number, label = 'car'): AnnotationContent => ({
  type: 'box',
  label,
  geometry: { type: 'box', x, y: 0, width: 10, height: 10 },
  attributes: {},
  frame: null,
  endFrame: null,
  confidence: null,
  source: 'human',
});

function makeDocument(): EditorDocument {
  let count = 0;
  return new EditorDocument({ newId: () => `op-${++count}` });
}

function loaded(): EditorDocument {
  const document = makeDocument();
  document.load([
    { id: 'a', revision: 1, content: content(1) },
    { id: 'b', revision: 4, content: content(2) },
  ]);
  return document;
}

const xOf = (record: EditorRecord | undefined) => (record?.geometry.type === 'box' ? record.geometry.x : undefined);
const moveTo = (document: EditorDocument, id: string, x: number) =>
  document.edit('Move', () => document.update([id], { geometry: { type: 'box', x, y: 0, width: 10, height: 10 } }));

describe('history', () => {
  test('a step can be undone and redone', () => {
    const document = loaded();
    moveTo(document, 'a', 50);
    expect(document.undoTitles).toEqual(['Move']);
    expect(document.undo()).toBe(true);
    expect(xOf(document.get('a'))).toBe(1);
    expect(document.canUndo).toBe(false);
    expect(document.redo()).toBe(true);
    expect(xOf(document.get('a'))).toBe(50);
    expect(document.redo()).toBe(false);
  });

  test('a gesture of many changes is one step', () => {
    const document = loaded();
    document.mark('Drag');
    for (let x = 1; x <= 20; x++) document.update(['a'], { geometry: { type: 'box', x, y: 0, width: 10, height: 10 } });
    const operations = document.commit();
    expect(operations).toHaveLength(1);
    document.undo();
    expect(xOf(document.get('a'))).toBe(1);
  });

  test('bailing to a mark leaves no trace, not even an operation', () => {
    const document = loaded();
    const mark = document.mark('Drag');
    document.update(['a'], { label: 'person' });
    document.remove(['b']);
    document.bail(mark);
    expect(document.get('a')?.label).toBe('car');
    expect(document.has('b')).toBe(true);
    expect(document.canUndo).toBe(false);
    expect(document.toOperations()).toEqual([]);
    expect(document.hasUnsentEdits).toBe(false);
  });

  test('an edit that throws takes everything back', () => {
    const document = loaded();
    expect(() =>
      document.edit('Break', () => {
        document.remove(['a']);
        throw new Error('broken');
      }),
    ).toThrow('broken');
    expect(document.has('a')).toBe(true);
  });

  test('a step that changes nothing is not kept', () => {
    const document = loaded();
    document.edit('Nothing', () => undefined);
    expect(document.canUndo).toBe(false);
  });

  test('a new edit after undo forgets what was undone', () => {
    const document = loaded();
    moveTo(document, 'a', 50);
    document.undo();
    moveTo(document, 'b', 60);
    expect(document.canRedo).toBe(false);
  });

  test('undo gives back what was deleted, and sends it anew', () => {
    const document = loaded();
    document.edit('Delete', () => document.remove(['a']));
    document.undo();
    expect(xOf(document.get('a'))).toBe(1);
    expect(document.toOperations().map(({ kind }) => kind)).toEqual(['delete', 'create']);
  });

  test('undo keeps what another person changed meanwhile in other fields', () => {
    const document = loaded();
    const [operation] = moveTo(document, 'a', 50);
    document.acknowledge(operation.opId, 2);
    document.applyRemote({ annotationId: 'a', revision: 3, content: content(50, 'person') });
    document.undo();
    expect(xOf(document.get('a'))).toBe(1);
    expect(document.get('a')?.label).toBe('person');
  });
});

describe('operations', () => {
  test('say what changed, upon which revision', () => {
    const document = loaded();
    document.edit('Label', () => document.update(['b'], { label: 'person' }));
    document.edit('Add', () => document.create([fromContent('c', content(9))]));
    document.edit('Delete', () => document.remove(['a']));
    expect(document.toOperations()).toEqual([
      { opId: 'op-1', kind: 'update', annotationId: 'b', baseRevision: 4, content: { label: 'person' } },
      { opId: 'op-2', kind: 'create', annotationId: 'c', content: expect.objectContaining({ label: 'car', type: 'box' }) },
      { opId: 'op-3', kind: 'delete', annotationId: 'a', baseRevision: 1 },
    ]);
  });

  test('a chain of edits of one annotation counts its revisions on', () => {
    const document = loaded();
    moveTo(document, 'a', 2);
    moveTo(document, 'a', 3);
    expect(document.toOperations()).toMatchObject([{ baseRevision: 1 }, { baseRevision: 2 }]);
    document.edit('Add', () => document.create([fromContent('c', content(9))]));
    moveTo(document, 'c', 10);
    expect(document.toOperations().slice(2)).toMatchObject([{ kind: 'create' }, { kind: 'update', baseRevision: 1 }]);
  });

  test('a deletion that is acknowledged and undone goes on counting', () => {
    const document = loaded();
    const [gone] = document.edit('Delete', () => document.remove(['b']));
    document.acknowledge(gone.opId);
    expect(document.revisionOf('b')).toBe(5);
    document.undo();
    moveTo(document, 'b', 8);
    expect(document.toOperations()).toMatchObject([{ kind: 'create' }, { kind: 'update', baseRevision: 6 }]);
  });

  test('an acknowledgement with another revision puts the waiting ones upon it', () => {
    const document = loaded();
    const [first] = moveTo(document, 'a', 2);
    moveTo(document, 'a', 3);
    document.acknowledge(first.opId, 7);
    expect(document.toOperations()).toMatchObject([{ baseRevision: 7 }]);
    expect(document.revisionOf('a')).toBe(7);
  });

  test('how a person looks at a record is not sent', () => {
    const document = loaded();
    document.edit('Hide', () => document.update(['a'], { hidden: true, locked: true, z: 9 }));
    expect(document.toOperations()).toEqual([]);
    expect(document.canUndo).toBe(true);
  });

  test('a proposal that the server holds already is approved or deleted there', () => {
    const document = makeDocument();
    document.load([
      { id: 'a', revision: 3, content: { ...content(1), source: 'model' }, proposal: true },
      { id: 'b', revision: 1, content: { ...content(2), source: 'model' }, proposal: true },
    ]);
    expect(document.get('a')?.proposal).toBe(true);
    document.edit('Accept', () => document.update(['a'], { proposal: false, status: 'approved' }));
    document.edit('Reject', () => document.remove(['b']));
    expect(document.toOperations()).toMatchObject([
      { kind: 'update', annotationId: 'a', baseRevision: 3, content: { status: 'approved' } },
      { kind: 'delete', annotationId: 'b', baseRevision: 1 },
    ]);
  });

  test('of one that another person approved, nothing is asked any more; one that comes from a model is new', () => {
    const document = makeDocument();
    document.load([{ id: 'a', revision: 1, content: { ...content(1), source: 'model' }, proposal: true }]);
    document.applyRemote({ annotationId: 'a', revision: 2, content: { ...content(1), source: 'model', status: 'approved' } });
    document.applyRemote({ annotationId: 'b', revision: 1, content: { ...content(2), source: 'model' }, proposal: true });
    expect([document.get('a')?.proposal, document.get('b')?.proposal]).toEqual([false, true]);
  });

  test('a document for looking only takes in what others do, and nothing of what is done here', () => {
    const document = loaded();
    document.isReadOnly = true;
    moveTo(document, 'a', 50);
    document.edit('Delete', () => document.remove(['b']));
    document.applyRemote({ annotationId: 'b', revision: 5, content: content(77) });
    expect([xOf(document.get('a')), xOf(document.get('b')), document.toOperations()]).toEqual([1, 77, []]);
  });

  test('a proposal is sent when it is accepted, and only then', () => {
    const document = loaded();
    document.edit('Propose', () => document.create([fromContent('p', content(5), { proposal: true })]));
    expect(document.toOperations()).toEqual([]);
    document.edit('Accept', () => document.update(['p'], { proposal: false }));
    expect(document.toOperations()).toMatchObject([{ kind: 'create', annotationId: 'p' }]);
  });

  test('a journal plays them again after a reload, under their own ids', () => {
    const before = loaded();
    before.edit('Label', () => before.update(['b'], { label: 'person' }));
    before.edit('Add', () => before.create([fromContent('c', content(9))]));
    before.edit('Delete', () => before.remove(['a']));
    const journal = JSON.parse(JSON.stringify(before.toOperations())) as ReturnType<typeof before.toOperations>;
    const after = loaded();
    after.restore(journal);
    expect(after.ordered().map(({ id, label }) => [id, label])).toEqual([
      ['b', 'person'],
      ['c', 'car'],
    ]);
    expect(after.toOperations()).toEqual(journal);
  });

  test('one that the server refuses is taken back', () => {
    const document = loaded();
    const [operation] = moveTo(document, 'a', 50);
    document.refuse(operation.opId);
    expect(xOf(document.get('a'))).toBe(1);
    expect(document.toOperations()).toEqual([]);
  });
});

describe('edits of others', () => {
  test('appear at once where nothing of mine waits', () => {
    const document = loaded();
    expect(document.applyRemote({ annotationId: 'a', revision: 2, content: content(77) })).toBe('applied');
    expect(xOf(document.get('a'))).toBe(77);
    expect(document.applyRemote({ annotationId: 'a', revision: 2, content: content(78) })).toBe('ignored');
    expect(document.applyRemote({ annotationId: 'b', revision: 5, content: undefined })).toBe('applied');
    expect(document.has('b')).toBe(false);
    expect(document.canUndo).toBe(false);
  });

  test('my own operation coming back is an acknowledgement', () => {
    const document = loaded();
    const [operation] = moveTo(document, 'a', 50);
    const answer = document.applyRemote({ annotationId: 'a', revision: 2, content: content(50), opId: operation.opId });
    expect(answer).toBe('ignored');
    expect(document.hasUnsentEdits).toBe(false);
    expect(document.revisionOf('a')).toBe(2);
  });

  test('news of my own edits that is faster than their answers is no conflict with the later ones', () => {
    const document = loaded();
    moveTo(document, 'a', 50);
    moveTo(document, 'a', 60);
    // As a database gives it back: the same content, its keys in another order.
    const geometry = { width: 10, height: 10, y: 0, x: 50, type: 'box' } as const;
    expect(document.applyRemote({ annotationId: 'a', revision: 2, content: { ...content(50), geometry } })).toBe('ignored');
    expect(document.toOperations()).toMatchObject([{ baseRevision: 2, content: { geometry: { x: 60 } } }]);
    expect(document.applyRemote({ annotationId: 'a', revision: 3, content: content(60) })).toBe('ignored');
    expect(document.hasUnsentEdits).toBe(false);
  });

  test('news that is several of my own edits on leaves those after them upon what it says', () => {
    const document = loaded();
    document.edit('Delete', () => document.remove(['a']));
    document.undo();
    document.redo();
    expect(document.toOperations()).toMatchObject([{ kind: 'delete', baseRevision: 1 }, { kind: 'create' }, { kind: 'delete', baseRevision: 3 }]);
    expect(document.applyRemote({ annotationId: 'a', revision: 3, content: content(1) })).toBe('ignored');
    expect(document.toOperations()).toMatchObject([{ kind: 'delete', baseRevision: 3 }]);
  });

  test('in the middle of a drag that is then taken back leave nothing unsent', () => {
    const document = loaded();
    const mark = document.mark('Drag');
    document.update(['a'], { geometry: { type: 'box', x: 20, y: 0, width: 10, height: 10 } });
    document.applyRemote({ annotationId: 'a', revision: 2, content: content(1, 'person') });
    document.bail(mark);
    expect(document.get('a')).toMatchObject({ label: 'person', geometry: { x: 1 } });
    expect(document.hasUnsentEdits).toBe(false);
  });

  test('of other fields are joined with mine', () => {
    const document = loaded();
    moveTo(document, 'a', 50);
    expect(document.applyRemote({ annotationId: 'a', revision: 2, content: content(1, 'person') })).toBe('merged');
    expect(xOf(document.get('a'))).toBe(50);
    expect(document.get('a')?.label).toBe('person');
    expect(document.toOperations()).toMatchObject([{ baseRevision: 2, content: { geometry: { x: 50 } } }]);
    expect(document.conflicts()).toEqual([]);
  });

  test('a merge looks at what was acknowledged, not at what still waits', () => {
    const document = loaded();
    const [first] = moveTo(document, 'a', 50);
    moveTo(document, 'a', 60);
    document.acknowledge(first.opId, 2);
    expect(document.applyRemote({ annotationId: 'a', revision: 3, content: content(99) })).toBe('conflict');
  });

  test('of the same field are a conflict: mine stays, and waits', () => {
    const document = loaded();
    moveTo(document, 'a', 50);
    const heard: string[] = [];
    document.events.on('conflict', ({ annotationId, fields }) => heard.push(annotationId, ...fields));
    expect(document.applyRemote({ annotationId: 'a', revision: 2, content: content(99), by: 'Ada' })).toBe('conflict');
    expect(heard).toEqual(['a', 'geometry']);
    expect(xOf(document.get('a'))).toBe(50);
    expect(document.toOperations()).toEqual([]);
    expect(document.hasUnsentEdits).toBe(true);
    expect(document.conflicts()).toMatchObject([{ annotationId: 'a', by: 'Ada' }]);
  });

  test('a conflict ends with mine upon theirs, or with theirs', () => {
    const mine = loaded();
    moveTo(mine, 'a', 50);
    mine.applyRemote({ annotationId: 'a', revision: 2, content: content(99) });
    mine.resolve('a', 'mine');
    expect(mine.toOperations()).toMatchObject([{ kind: 'update', baseRevision: 2, content: { geometry: { x: 50 } } }]);

    const theirs = loaded();
    moveTo(theirs, 'a', 50);
    theirs.applyRemote({ annotationId: 'a', revision: 2, content: content(99) });
    theirs.resolve('a', 'theirs');
    expect(xOf(theirs.get('a'))).toBe(99);
    expect(theirs.toOperations()).toEqual([]);
    expect(theirs.hasUnsentEdits).toBe(false);
  });

  test('a deletion of what I am changing is a conflict; keeping mine creates it again', () => {
    const document = loaded();
    moveTo(document, 'a', 50);
    expect(document.applyRemote({ annotationId: 'a', revision: 2, content: undefined })).toBe('conflict');
    document.resolve('a', 'mine');
    expect(document.toOperations()).toMatchObject([{ kind: 'create', annotationId: 'a' }]);
  });

  test('in the middle of a gesture, another person’s label reaches the shape that I am dragging', () => {
    const document = loaded();
    document.mark('Drag');
    document.update(['a'], { geometry: { type: 'box', x: 20, y: 0, width: 10, height: 10 } });
    expect(document.applyRemote({ annotationId: 'a', revision: 2, content: content(1, 'person') })).toBe('merged');
    document.update(['a'], { geometry: { type: 'box', x: 30, y: 0, width: 10, height: 10 } });
    const [operation] = document.commit();
    expect(operation).toMatchObject({ baseRevision: 2, content: { geometry: { x: 30 } } });
    expect(operation.kind === 'update' && Object.keys(operation.content)).toEqual(['geometry']);
    expect(document.get('a')?.label).toBe('person');
    document.undo();
    expect(xOf(document.get('a'))).toBe(1);
    expect(document.get('a')?.label).toBe('person');
  });
});

describe('after a reload', () => {
  const journaled = () => {
    const before = loaded();
    moveTo(before, 'a', 50);
    return before.toOperations();
  };

  test('an edit that meets a state newer than its own is laid before the person', () => {
    const document = makeDocument();
    document.load([{ id: 'a', revision: 6, content: content(99) }]);
    const journal = journaled();
    document.restore(journal);
    document.meetConflict(journal[0].opId, { revision: 6, content: content(99) });
    expect(document.conflicts()).toMatchObject([{ annotationId: 'a', fields: ['geometry'] }]);
    document.resolve('a', 'mine');
    expect(document.toOperations()).toMatchObject([{ kind: 'update', baseRevision: 6, content: { geometry: { x: 50 } } }]);
  });

  test('the news of another field is faster than the answer that tells of it: the edit is sent again upon it, and is no conflict', () => {
    const document = makeDocument();
    document.load([{ id: 'a', revision: 1, content: content(0) }]);
    document.update(['a'], { label: 'person' });
    document.commit();
    const [sent] = document.toOperations();
    expect(document.applyRemote({ annotationId: 'a', revision: 2, content: content(50) })).toBe('merged');
    document.meetConflict(sent.opId, { revision: 2, content: content(50) });
    expect(document.conflicts()).toEqual([]);
    expect(document.toOperations()).toEqual([{ ...sent, baseRevision: 2 }]);
    document.acknowledge(sent.opId, 3);
    expect([document.hasUnsentEdits, document.get('a')?.label, xOf(document.get('a'))]).toEqual([false, 'person', 50]);
  });

  test('an edit that had arrived after all is done with', () => {
    const document = makeDocument();
    document.load([{ id: 'a', revision: 2, content: content(50) }]);
    const journal = journaled();
    document.restore(journal);
    document.meetConflict(journal[0].opId, { revision: 2, content: content(50) });
    expect(document.conflicts()).toEqual([]);
    expect(document.hasUnsentEdits).toBe(false);
  });
});

test('squashing marks makes one step of several', () => {
  const document = loaded();
  const mark = document.mark('First');
  document.update(['a'], { label: 'person' });
  document.mark('Second');
  document.update(['b'], { label: 'tree' });
  document.commit();
  document.squash(mark);
  expect(document.undoTitles).toEqual(['First']);
  document.undo();
  expect(document.ordered().map(({ label }) => label)).toEqual(['car', 'car']);
});

test('only so many steps are kept', () => {
  const document = new EditorDocument({ newId: () => 'x', maxUndoSteps: 3 });
  document.load([{ id: 'a', revision: 1, content: content(0) }]);
  for (let x = 1; x <= 10; x++) moveTo(document, 'a', x);
  while (document.undo());
  expect(xOf(document.get('a'))).toBe(7);
});
