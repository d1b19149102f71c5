import { z } from 'zod';
import { command } from './commands.ts';
import { operation } from './operation.ts';
import { id } from './primitives.ts';
import { filterSchema } from './query.ts';

const share = z.number().nullable().describe('0 to 1; null where there is nothing to compare');

export const qualityReport = z.object({
  batchId: id,
  items: z.array(z.object({ itemId: id, path: z.string(), people: z.int(), agreement: share })).describe('Items that several people answered, the least agreed first; at most 1,000'),
  itemCount: z.int().describe('Items that were compared'),
  sampled: z.boolean().describe('There are more items than are compared at once'),
  people: z.array(
    z.object({
      by: z.string(),
      tasks: z.int(),
      annotations: z.int(),
      secondsSpent: z.number(),
      agreement: share.describe('With others, mean over pairs'),
      reviewed: z.int(),
      accepted: z.int(),
      rejected: z.int().describe('How often review sent work back'),
      honeypots: z.int().describe('Tasks with a known answer that they did'),
      precision: share.describe('Of their objects on honeypots: those that are right'),
      recall: share.describe('Of the right objects on honeypots: those they found'),
      f1: share,
      iou: share.describe('Mean overlap of the right ones with the truth'),
    }),
  ),
  pairs: z.array(z.object({ a: z.string(), b: z.string(), items: z.int(), agreement: share, likeness: share, sameLabel: share, kappa: share.describe("Cohen's κ of the labels of objects that both found") })),
  confusion: z.object({ labels: z.array(z.string()), counts: z.array(z.array(z.int())) }).describe('Labels that two people gave to one object, counted both ways'),
  overall: z.object({ agreement: share, low: share, high: share }).describe('Mean agreement with a 95 % bootstrap interval'),
  fleiss: share.describe("Fleiss' κ of whole-item classifications, over items with equally many answers"),
  alpha: z.object({ value: share, low: share, high: share }).describe("Krippendorff's α of whole-item classifications, with a 95 % bootstrap interval"),
});
export type QualityReport = z.infer<typeof qualityReport>;

const inBatch = z.object({ batch: id });
const threshold = z.number().min(0.01).max(1);

export const quality = {
  report: operation({
    id: 'quality.report',
    method: 'GET',
    path: '/v1/batches/{batch}/quality',
    summary: 'Measures how well the people of a batch agree with each other, with review and with known answers.',
    audience: 'reviewer',
    params: inBatch,
    query: z.object({
      threshold: z.coerce.number().min(0.01).max(1).default(0.5).describe('Likeness (IoU for areas) from which two objects are the same'),
      pointDistance: z.coerce.number().min(0.1).max(10_000).default(10).describe('Pixels at which the likeness of points has fallen to e^-0.5'),
    }),
    result: qualityReport,
    errors: ['not_found', 'forbidden'],
  }),
  merge: operation({
    id: 'quality.merge',
    method: 'POST',
    path: '/v1/batches/{batch}/consensus',
    summary: 'Makes one set of annotations of what several people said about each item, in the background; theirs are kept aside and can be brought back.',
    audience: 'manager',
    params: inBatch,
    body: z
      .object({
        threshold: threshold.default(0.5).describe('Likeness from which objects of two people are the same'),
        pointDistance: z.number().min(0.1).max(10_000).default(10),
        minVotes: z.int().min(1).max(20).optional().describe('So many people must have found an object; more than half when left out'),
      })
      .strict(),
    result: command,
    status: 202,
    errors: ['not_found', 'forbidden', 'conflict'],
  }),
  unmerge: operation({
    id: 'quality.unmerge',
    method: 'DELETE',
    path: '/v1/batches/{batch}/consensus',
    summary: "Takes a merge back: everybody's annotations are there again, and what was made of them is gone.",
    audience: 'manager',
    params: inBatch,
    result: z.object({ items: z.int() }),
    status: 200,
    errors: ['not_found', 'forbidden'],
  }),
  addHoneypots: operation({
    id: 'quality.addHoneypots',
    method: 'POST',
    path: '/v1/batches/{batch}/honeypots',
    summary: 'Mixes items whose annotations are known to be right into the queue of a batch; who labels them cannot tell.',
    audience: 'manager',
    params: inBatch,
    body: z.object({ filter: filterSchema.describe('Which items of the dataset of the batch'), copies: z.int().min(1).max(20).default(1).describe('So many people get each of them') }).strict(),
    result: z.object({ added: z.int() }),
    errors: ['not_found', 'forbidden', 'illegal_state'],
  }),
  removeHoneypots: operation({
    id: 'quality.removeHoneypots',
    method: 'DELETE',
    path: '/v1/batches/{batch}/honeypots',
    summary: 'Takes the known items that nobody has begun out of the queue again.',
    audience: 'manager',
    params: inBatch,
    result: z.object({ removed: z.int() }),
    status: 200,
    errors: ['not_found', 'forbidden'],
  }),
};
