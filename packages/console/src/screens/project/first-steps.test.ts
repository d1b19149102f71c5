import { expect, test } from 'vitest';
import { nextStep, type Progress } from './first-steps.ts';

const counts = { total: 4, pending: 4, claimed: 0, submitted: 0, completed: 0, cancelled: 0, error: 0 };
const at = (given: Partial<Progress>) => nextStep({ projectId: 'p', datasets: [], recipes: 0, batches: [], versions: 0, ...given });
const datasets = [{ id: 'empty', itemCount: 0 }, { id: 'full', itemCount: 4 }];
const batch = (status: 'staging' | 'in_progress' | 'cancelled', given: Partial<typeof counts> = {}) => ({ id: 'b', status, counts: { ...counts, ...given } });

test('each step leads to the next, until a version is kept', () => {
  const names = [
    at({}),
    at({ datasets: datasets.slice(0, 1) }),
    at({ datasets }),
    at({ datasets, recipes: 1, batches: [batch('cancelled')] }),
    at({ datasets, recipes: 1, batches: [batch('staging')] }),
    at({ datasets, recipes: 1, batches: [batch('in_progress')] }),
    at({ datasets, recipes: 1, batches: [batch('in_progress', { submitted: 1 })] }),
    at({ datasets, recipes: 1, batches: [batch('in_progress', { completed: 1 })] }),
    at({ datasets, recipes: 1, batches: [batch('in_progress', { completed: 1 })], versions: 1 }),
  ].map((step) => step?.name);
  expect(names).toEqual(['dataset', 'files', 'recipe', 'batch', 'open', 'label', 'review', 'version', undefined]);
  expect(at({ datasets, recipes: 1, batches: [batch('in_progress', { completed: 1 })] })?.path).toBe('/datasets/full/versions');
});
