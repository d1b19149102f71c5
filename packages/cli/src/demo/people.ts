import { newId, type AnnotationContent, type AnnotationInput } from '@fovea/contract';
import { Fovea } from '@fovea/sdk';
import { openAccounts } from './accounts.ts';
import type { Truth } from './files.ts';

/** A made-up person: how far their boxes are off (share of the side) and how often they name a thing wrongly. */
interface Hand {
  name: string;
  jitter: number;
  mistakes: number;
}

export const hands: readonly Hand[] = [
  { name: 'ada', jitter: 0.01, mistakes: 0.01 },
  { name: 'grace', jitter: 0.02, mistakes: 0.03 },
  { name: 'linus', jitter: 0.05, mistakes: 0.1 },
];

export interface WorkDone {
  tasks: number;
  annotations: number;
  reviewed: number;
  sentBack: number;
}

/** A made-up person with an account of their own. */
interface Person {
  me: Fovea;
  hand: Hand;
  random: () => number;
}

/** Has the made-up people work a batch off over the HTTP API, each with an account, while another reviews what is sampled for review. */
export async function workBatch(given: { owner: Fovea; project: string; batch: string; truth: Truth; onTask: (done: number) => void }): Promise<WorkDone> {
  const { owner, project, batch, truth, onTask } = given;
  const done: WorkDone = { tasks: 0, annotations: 0, reviewed: 0, sentBack: 0 };
  const seen = truthByItem(owner, truth);
  const accounts = await openAccounts(owner, project, [...hands.map(({ name }) => ({ name, role: 'annotator' as const })), { name: 'barbara', role: 'reviewer' as const }]);
  const reviewer = accounts.people.at(-1);
  const people = hands.flatMap((hand, index): Person[] => {
    const me = accounts.people[index];
    return me ? [{ me, hand, random: seeded(index + 1) }] : [];
  });
  try {
    // What is sent back is done again, until nothing is.
    for (let round = 0; round < 5; round++) {
      await Promise.all(people.map((person) => workShare(person, { project, batch, seen, done, onTask })));
      const sentBack = reviewer ? await review(reviewer, { project, batch, seen, done, last: round === 4 }) : 0;
      if (sentBack === 0) break;
    }
  } finally {
    await accounts.close();
  }
  return done;
}

type Seen = (item: string) => Promise<AnnotationContent[]>;

/** What a careful person would see in an item. */
function truthByItem(owner: Fovea, truth: Truth): Seen {
  const known = new Map<string, AnnotationContent[]>();
  return async (item) => {
    const there = known.get(item) ?? truth.get((await owner.items.get(item)).path) ?? [{ ...wholeItem, label: 'seen' }];
    known.set(item, there);
    return there;
  };
}

/** Takes task after task until there are none; work that was sent back is done anew, without the mistakes. */
async function workShare({ me, hand, random }: Person, given: { project: string; batch: string; seen: Seen; done: WorkDone; onTask: (done: number) => void }): Promise<void> {
  const { project, batch, seen, done, onTask } = given;
  for (;;) {
    const { task, lease } = await me.tasks.claim(project, { batch });
    if (!task || lease === null || task.itemId === null) return;
    const again = task.rounds > 0;
    if (again) for await (const { id, draft } of me.annotations.list(task.itemId, { task: task.id })) if (draft) await me.annotations.delete(id);
    const drawn = (await seen(task.itemId)).map((content) => byHand(content, again ? { ...hand, mistakes: 0 } : hand, random));
    if (drawn.length > 0) await me.annotations.create(task.itemId, drawn, { task: task.id });
    await me.tasks.submit(task.id, { lease, secondsSpent: 5 + Math.round(random() * 40) });
    if (again) continue;
    done.tasks += 1;
    done.annotations += drawn.length;
    onTask(done.tasks);
  }
}

/** Looks at everything that waits for review: what names a thing wrongly goes back with a comment. Gives how many did. */
async function review(reviewer: Fovea, given: { project: string; batch: string; seen: Seen; done: WorkDone; last: boolean }): Promise<number> {
  const { project, batch, seen, done, last } = given;
  let sentBack = 0;
  for (;;) {
    const { task } = await reviewer.tasks.claim(project, { batch, review: true });
    if (!task?.itemId) return sentBack;
    const right = new Set((await seen(task.itemId)).map(({ label }) => label));
    let wrong = false;
    for await (const { label, draft } of reviewer.annotations.list(task.itemId, { task: task.id })) wrong ||= draft && !right.has(label);
    if (wrong && !last) await reviewer.tasks.review(task.id, { verdict: 'reject', comment: 'Something is named wrongly.' });
    else await reviewer.tasks.review(task.id, { verdict: 'accept', comment: 'Looks right.' });
    done.reviewed += 1;
    if (wrong && !last) sentBack += 1;
    done.sentBack += wrong && !last ? 1 : 0;
  }
}

const wholeItem: AnnotationContent = { type: 'classification', label: 'seen', geometry: { type: 'classification' }, attributes: {}, frame: null, endFrame: null, confidence: null, source: 'human' };

/** What a hand that is not quite steady makes of the truth. */
function byHand(content: AnnotationContent, hand: Hand, random: () => number): AnnotationInput {
  const label = random() < hand.mistakes ? 'object' : content.label;
  const { geometry } = content;
  const off = (side: number): number => (random() * 2 - 1) * hand.jitter * side;
  if (geometry.type !== 'box') return { ...content, id: newId(), label, source: 'human' };
  const [width, height] = [Math.max(1, geometry.width * (1 - random() * hand.jitter)), Math.max(1, geometry.height * (1 - random() * hand.jitter))];
  const moved = { ...geometry, x: Math.max(0, geometry.x + Math.abs(off(geometry.width)) * 0.5), y: Math.max(0, geometry.y + Math.abs(off(geometry.height)) * 0.5), width: width * 0.97, height: height * 0.97 };
  return { ...content, id: newId(), label, geometry: moved, source: 'human' };
}

/** A small generator (mulberry32), so that the demo is the same every time. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = state;
    value = Math.imul(value ^ (value >>> 15), value | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}
