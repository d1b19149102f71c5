import type { Job } from '@fovea/contract';
import { vi } from 'vitest';
import type { Console } from './console.ts';
import { png } from './pictures.ts';

/** Ids of what a furnished platform has. */
export type Places = Awaited<ReturnType<typeof furnish>>;

/** A platform on which something was done in every place. */
export async function furnish({ fovea }: Console) {
  const project = (await fovea.projects.create({ name: 'Street', description: 'Lights and signs.' })).id;
  const empty = (await fovea.projects.create({ name: 'Nothing yet' })).id;
  const dataset = (await fovea.datasets.create({ project, name: 'Night' })).id;
  const bare = (await fovea.datasets.create({ project, name: 'Day' })).id;
  const items: string[] = [];
  for (let index = 0; index < 6; index++) {
    const { item } = await fovea.items.upload(dataset, png(320, 200, [40 * index, 90, 160]), { path: `/a/${index}.png`, labels: ['dusk'], metadata: { site: index % 2 === 0 ? 'north' : 'south' } });
    items.push(item.id);
  }
  await vi.waitUntil(async () => (await fovea.items.list(dataset, { probe: 'pending' }).toArray({ limit: 10 })).length === 0, { timeout: 20_000, interval: 100 });
  const [item = ''] = items;
  const { id: commit } = await fovea.versions.commit(dataset, { message: 'Before labeling' });
  await vi.waitUntil(async () => (await fovea.commands.get(commit, { waitSeconds: 20 })).endedAt !== null, { timeout: 60_000, interval: 10 });
  const recipe = await fovea.recipes.create({ project, name: 'Street things', labels: [{ name: 'car' }, { name: 'person' }] });
  const batch = (await fovea.batches.create({ project, name: 'First round', dataset, recipe: recipe.id, filter: {}, settings: { people: 2, reviewShare: 1 } })).id;
  await fovea.batches.finalize(batch);
  for (let round = 0; round < 4; round++) {
    const { task, lease } = await fovea.tasks.claim(project, { batch });
    if (!task?.itemId || lease === null) continue;
    await fovea.annotations.create(task.itemId, [{ type: 'box', label: round % 2 === 0 ? 'car' : 'person', geometry: { type: 'box', x: 20, y: 20, width: 60, height: 40 } }], { task: task.id });
    await fovea.tasks.submit(task.id, { lease, secondsSpent: 40 });
    // A car and a person are done, the others wait for their review.
    if (round < 2) await fovea.tasks.review(task.id, { verdict: 'accept' });
  }
  const task = (await fovea.tasks.create({ project, item, type: 'annotation', instruction: 'Draw tightly.' })).id;
  const profile = (await fovea.profiles.create({ project, analytic: 'fovea/photo-studio', name: 'Warm', parameters: { color_red: 10 } })).id;
  let job: Job = await fovea.jobs.create({ project, analytic: 'fovea/colors', inputs: { images: [item] } });
  while (job.endedAt === null) job = await fovea.jobs.get(job.id, { waitSeconds: 20 });
  await fovea.webhooks.create({ project, url: 'https://example.com/hook' });
  return { project, empty, dataset, bare, item, recipe: recipe.id, batch, task, profile, job: job.id };
}
