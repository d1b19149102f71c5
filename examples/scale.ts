// The steps of the README of Scale's Python client, one by one, on our own SDK. FOVEA_URL and FOVEA_KEY say where the platform is:
//
//   node examples/scale.ts IMAGE_URL [CALLBACK_URL]
//
// CALLBACK_URL hears of every task that is completed, signed.
import { ApiError, ConflictError, Fovea } from '@fovea/sdk';

const [imageUrl = 'https://example.com/picture.jpg', callbackUrl] = process.argv.slice(2);

// Create a client.
const fovea = new Fovea();

// Create a project. What Scale keeps in a project's `params` is a recipe here: what may be labeled, and how. It has versions.
const project = await fovea.projects.create({ name: `Street signs ${new Date().toISOString()}` });
const recipe = await fovea.recipes.create({
  project: project.id,
  name: 'Signs',
  instructions: 'Draw a box around each **sign**.',
  labels: [
    { name: 'stop', geometry: ['box'] },
    { name: 'yield', geometry: ['box', 'polygon'] },
  ],
  attributes: [{ key: 'moving', type: 'one_of', values: ['yes', 'no'] }],
});

// Retrieve it, list all, update its parameters: versions rise by one, tasks keep theirs.
const retrieved = await fovea.projects.get(project.id);
const names = (await fovea.projects.list().toArray({ limit: 1_000 })).map(({ name }) => name);
console.log('projects:', names.includes(retrieved.name));
const patched = await fovea.recipes.update(recipe.id, { instructions: 'Draw a box around each **sign**, as tight as possible.' });
console.log('recipe versions:', recipe.version, patched.version, (await fovea.recipes.versions(recipe.id)).data.length);

// Callbacks are webhooks: signed, tried again for hours, with a log.
if (callbackUrl !== undefined) {
  const { webhook } = await fovea.webhooks.create({ project: project.id, url: callbackUrl, events: ['task.completed'] });
  console.log('webhook:', webhook.enabled);
}

// Create a batch, and tasks in it. The attachment is fetched and becomes an item. A unique id is taken once only.
const batch = await fovea.batches.create({ project: project.id, name: 'First batch', recipe: recipe.id });
const create = (uniqueId: string) =>
  fovea.tasks.create({
    project: project.id,
    batch: batch.id,
    type: 'imageannotation',
    attachment: imageUrl,
    instruction: 'Annotate the signs.',
    uniqueId,
    tags: ['example'],
    metadata: { source: 'README' },
  });
const task = await create(`sign-1-${project.id}`);
const second = await create(`sign-2-${project.id}`);
console.log('task:', task.status, task.metadata);
await create(`sign-1-${project.id}`).catch((error: unknown) => {
  if (!(error instanceof ConflictError)) throw error;
  console.log('unique id taken:', error.status);
});

// Retrieve a task.
const fetched = await fovea.tasks.get(task.id);
console.log('response of a pending task:', fetched.response);

// List tasks, all pages.
const since = new Date(Date.now() - 3_600_000).toISOString();
for await (const one of fovea.tasks.query(project.id, { filter: { status: 'pending', createdAt: { gte: since }, tags: 'example' }, limit: 1 })) console.log('listed:', one.uniqueId?.slice(0, 6));

// Cancel a task, and give its unique id free.
const cancelled = await fovea.tasks.cancel(second.id, { clearUniqueId: true });
console.log('cancelled:', cancelled.status, cancelled.uniqueId);

// Finalize the batch: now it is worked on. Its status says how far it is; list the open ones.
await fovea.batches.finalize(batch.id);
const open = await fovea.batches.list({ project: project.id, status: 'in_progress' }).toArray({ limit: 10 });
console.log('open batches:', open.map(({ name, counts }) => `${name} ${counts.pending}`));

// What Scale's workforce does, your people do: in the console, or here by hand. The attachment must have arrived.
while ((await fovea.tasks.get(task.id)).itemId === null) await new Promise((resolve) => setTimeout(resolve, 100));
const { task: mine, lease } = await fovea.tasks.claim(project.id, { batch: batch.id });
if (mine?.itemId && lease) {
  const box = { type: 'box', x: 2, y: 3, width: 5, height: 4 } as const;
  await fovea.annotations.create(mine.itemId, [{ type: 'box', label: 'stop', geometry: box, attributes: { moving: 'no' } }], { task: mine.id });
  await fovea.tasks.submit(mine.id, { lease, secondsSpent: 12 });
}
const done = await fovea.tasks.get(task.id);
console.log('done:', done.status, (await fovea.batches.get(batch.id)).status);
const { data: drawn } = await fovea.annotations.list(done.itemId ?? '');
console.log('drawn:', drawn.map(({ type, label }) => `${type} ${label}`));

// Review what was done: accepted, rejected, or fixed.
const reviewed = await fovea.tasks.review(task.id, { verdict: 'accept', comment: 'Well done.' });
console.log('review:', reviewed.reviewStatus);

// Errors have a code and a message; what was wrong is named.
try {
  await fovea.tasks.create({ project: project.id, type: 'Image Annotation' as 'imageannotation' });
} catch (error) {
  if (!(error instanceof ApiError)) throw error;
  console.log('error:', error.status, error.code, error.errors?.map(({ path }) => path));
}
