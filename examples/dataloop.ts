// The steps and the six exercises of Dataloop's SDK on-boarding guide, one by one, on our own SDK. FOVEA_URL and FOVEA_KEY say where the platform is:
//
//   node examples/dataloop.ts PICTURE PICTURE
import { Fovea, NotFoundError } from '@fovea/sdk';

const [firstPicture = 'test1.jpg', secondPicture = 'test2.jpg'] = process.argv.slice(2);

// Log in: a key does it. It has no browser to open and nothing to renew.
const fovea = new Fovea();
const { user } = await fovea.session.get();
console.log('logged in:', user.admin);

// Create a project; get it by name and by id.
const name = `My first project ${new Date().toISOString()}`;
const project = await fovea.projects.create({ name });
console.log('project:', (await fovea.projects.get(name)).id === (await fovea.projects.get(project.id)).id);

// Add a member as a developer, make an annotator of them, take them out again.
const john = 'johndoe@example.com';
const added = await fovea.members.set(project.id, john, { role: 'developer' });
const changed = await fovea.members.set(project.id, john, { role: 'annotator' });
console.log('member:', added.role, changed.role);
await fovea.members.remove(project.id, john);

// Create a dataset. One that is not there is a NotFoundError.
await fovea.datasets.get('My-First-Dataset', { project: project.id }).catch((error: unknown) => {
  if (!(error instanceof NotFoundError)) throw error;
  console.log('dataset not found:', error.status);
});
const { id: dataset } = await fovea.datasets.create({ project: project.id, name: 'My-First-Dataset' });
const recipe = await fovea.recipes.create({ project: project.id, name: 'My-First-Dataset', allowNewLabels: true });
await fovea.datasets.update(dataset, { recipeId: recipe.id });

// Upload a picture. Exercise 1: upload another one.
const { item: first } = await fovea.items.upload(dataset, firstPicture);
await fovea.items.upload(dataset, secondPicture);

// Get an item by its id. Exercise 2: get the other one.
const item1 = await fovea.items.get(first.id);
const [item2] = await fovea.items.query(dataset, { filter: { id: { ne: first.id } } }).toArray({ limit: 1 });
if (item2?.id === undefined) throw new Error('The second picture is not there.');
const second = await fovea.items.get(item2.id);
console.log('items:', item1.name, second.name);

// Get all items: page by page, or one after the other.
for await (const page of fovea.items.list(dataset, { limit: 1 }).pages()) console.log('page:', page.data.length);
for await (const item of fovea.items.list(dataset)) console.log('item:', item.name);

// Add a label, and classify a picture with it. Then another label, and two points.
async function addLabel(label: string): Promise<void> {
  const { labels } = await fovea.recipes.get(recipe.id);
  if (!labels.some((known) => known.name === label)) await fovea.recipes.update(recipe.id, { labels: [...labels, { name: label }] });
}
const classify = (item: string, label: string) => fovea.annotations.create(item, [{ type: 'classification', label, geometry: { type: 'classification' } }]);
const point = (label: string, x: number, y: number) => ({ type: 'point', label, geometry: { type: 'point', x, y } }) as const;
await addLabel('Person');
await classify(first.id, 'Person');
await addLabel('Ear');
await fovea.annotations.create(first.id, [point('Ear', 80, 80), point('Ear', 120, 80)]);

// Exercise 3: three classifications and a point on the other picture.
await addLabel('Face');
await addLabel('Eye');
for (let times = 0; times < 3; times++) await classify(second.id, 'Face');
await fovea.annotations.create(second.id, [point('Eye', 50, 40)]);
console.log('labels:', (await fovea.recipes.get(recipe.id)).labels.map((label) => label.name));

// Find the pictures with a point labeled Ear: one and the same annotation is both.
type Filter = Record<string, unknown>;
const named = async (filter: Filter) => (await fovea.items.query(dataset, { filter }).toArray({ limit: 1_000 })).map((item) => item.name);
const having = (annotation: Filter): Filter => ({ having: { annotations: annotation } });
console.log('ears:', await named(having({ type: 'point', label: 'Ear' })));

// Replace a label by another on all pictures that have it.
async function replace(old: string, label: string): Promise<void> {
  await addLabel(label);
  for await (const item of fovea.items.query(dataset, { filter: having({ label: old }), fields: ['id'] })) {
    if (item.id === undefined) continue;
    for (const annotation of await fovea.annotations.list(item.id).toArray({ limit: 1_000 })) if (annotation.label === old) await fovea.annotations.delete(annotation.id);
    await classify(item.id, label);
  }
}
const labelsOf = async (item: string) => (await fovea.annotations.list(item).toArray({ limit: 1_000 })).map((annotation) => annotation.label).sort();
await replace('Person', 'Adult');
console.log('first:', await labelsOf(first.id));

// Exercise 4.1: the pictures with a point labeled Eye. Exercise 4.2: Face becomes Person.
console.log('eyes:', await named(having({ type: 'point', label: 'Eye' })));
await replace('Face', 'Person');
console.log('second:', await labelsOf(second.id));

// Say something about one picture, and about all that a filter finds. Exercise 5: today's date on all pictures with an adult.
await fovea.items.update(first.id, { mergeMetadata: { dateTime: new Date().toISOString() } });
async function say(filter: Filter, metadata: Record<string, unknown>): Promise<void> {
  const command = await fovea.items.updateMany(dataset, { filter, change: { mergeMetadata: metadata } });
  while ((await fovea.commands.get(command.id, { waitSeconds: 30 })).endedAt === null);
}
await say(having({ label: 'Ear' }), { reviewed: true });
await say(having({ label: 'Adult' }), { date: new Date().toISOString().slice(0, 10) });
console.log('metadata:', Object.keys((await fovea.items.get(first.id)).metadata).sort(), Object.keys((await fovea.items.get(second.id)).metadata));

// Whoever works on a task is a member of the project.
await fovea.members.set(project.id, john, { role: 'annotator' });

// Create a task of all pictures with a person, due on a day of the past, for one person. Exercise 6: the same for adults.
async function handOut(task: string, label: string): Promise<void> {
  const batch = await fovea.batches.create({
    project: project.id,
    name: task,
    dataset,
    filter: having({ label }),
    dueAt: '2022-07-15T00:00:00.000Z',
    assignments: [{ email: john, load: 100 }],
  });
  const open = await fovea.batches.finalize(batch.id);
  const shares = await fovea.batches.assignments(batch.id).toArray({ limit: 10 });
  console.log('task:', open.name, open.status, open.counts.total, shares.map((share) => `${share.email} ${share.total}`));
}
await handOut('test', 'Person');
await handOut('adults', 'Adult');

// The work is done in the console, or here: take it, do it, hand it in.
const { task, lease } = await fovea.tasks.claim(project.id, {});
console.log('mine:', task === null, lease);
