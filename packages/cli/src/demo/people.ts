import { newId, type AnnotationContent, type AnnotationInput } from '@fovea/contract';
import { Fovea } from '@fovea/sdk';
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

/** Has the made-up people work a batch off over the HTTP API, and the owner review what is sampled for review. */
export async function workBatch(given: { owner: Fovea; project: string; batch: string; truth: Truth; onTask: (done: number) => void }): Promise<WorkDone> {
  const { owner, project, batch, truth, onTask } = given;
  const done: WorkDone = { tasks: 0, annotations: 0, reviewed: 0, sentBack: 0 };
  const paths = new Map<string, string>();
  const pathOf = async (item: string): Promise<string> => {
    const known = paths.get(item) ?? (await owner.items.get(item)).path;
    paths.set(item, known);
    return known;
  };

  async function person(hand: Hand, seed: number): Promise<void> {
    const random = seeded(seed);
    const { key } = await owner.keys.create({ name: `demo ${hand.name}`, project, scopes: ['read', 'label', 'write'] });
    const me = new Fovea({ url: owner.url, key });
    for (;;) {
      const { task, lease } = await me.tasks.claim(project, { batch });
      if (!task || lease === null || task.itemId === null) return;
      const seen = truth.get(await pathOf(task.itemId)) ?? [{ ...wholeItem, label: 'seen' }];
      const drawn = seen.map((content) => byHand(content, hand, random));
      if (drawn.length > 0) await me.annotations.create(task.itemId, drawn, { task: task.id });
      await me.tasks.submit(task.id, { lease, secondsSpent: 5 + Math.round(random() * 40) });
      done.tasks += 1;
      done.annotations += drawn.length;
      onTask(done.tasks);
    }
  }
  // One after the other: the made-up people share one account, and nobody labels an item of a batch twice.
  for (const [index, hand] of hands.entries()) await person(hand, index + 1);

  for (;;) {
    const { data: submitted } = await owner.tasks.query(project, { filter: { batchId: batch, status: 'submitted' }, limit: 100 });
    if (submitted.length === 0) break;
    for (const { id } of submitted) {
      if (id === undefined) continue;
      await owner.tasks.review(id, { verdict: 'accept', comment: 'Looks right.' });
      done.reviewed += 1;
    }
  }
  return done;
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
