import { allOperations, newId, type Operation } from '@fovea/contract';
import sql, { raw } from 'sql-template-tag';
import type { TestPlatform } from './platform.ts';

/** Things that the sample requests speak of. */
export interface World {
  project: string;
  dataset: string;
  item: string;
  deletedItem: string;
  user: string;
  key: string;
  annotation: string;
  command: string;
  recipe: string;
  batch: string;
  task: string;
  analytic: string;
  job: string;
  profile: string;
  webhook: string;
  delivery: string;
  export: string;
  import: string;
}

interface Sample {
  params?: Partial<Record<string, (world: World) => string>>;
  query?: string | ((world: World) => string);
  body?: unknown | ((world: World) => unknown);
}

const params: Record<string, (world: World) => string> = {
  project: (world) => world.project,
  dataset: (world) => world.dataset,
  item: (world) => world.item,
  user: (world) => world.user,
  key: (world) => world.key,
  annotation: (world) => world.annotation,
  command: (world) => world.command,
  recipe: (world) => world.recipe,
  batch: (world) => world.batch,
  task: (world) => world.task,
  analytic: (world) => world.analytic,
  job: (world) => world.job,
  profile: (world) => world.profile,
  webhook: (world) => world.webhook,
  delivery: (world) => world.delivery,
  export: (world) => world.export,
  import: (world) => world.import,
  version: () => 'v1',
  tag: () => 'good',
  frame: () => '0',
  axis: () => 'k',
  index: () => '0',
  part: () => '1',
  upload: () => newId(),
  series: () => '1.2.3',
  email: () => 'member@example.com',
};

/** An analytic that every member may run and that needs nothing. */
const manifest = {
  name: 'sample/nothing',
  version: '1.0.0',
  inputs: [],
  outputs: [{ name: 'out', type: 'json' }],
  runtime: { kind: 'process', command: ['true'] },
};

const unique = () => `sample ${Math.random().toString(36).slice(2)}`;

/** A request to every operation that a caller who may do it would get through. An operation without a row fails the build. */
const table: Record<string, Sample> = {
  'system.info': {},
  'session.login': { body: { key: 'live_nothing' } },
  'session.logout': {},
  'session.get': {},
  'users.create': { body: () => ({ email: `${Math.random()}@example.com` }) },
  'users.list': {},
  'users.update': { body: { name: 'New name' } },
  'users.setPassword': { body: { password: 'long enough 1' } },
  'keys.create': { body: { name: 'sample' } },
  'keys.list': {},
  'keys.revoke': {},
  'projects.create': { body: () => ({ name: unique() }) },
  'projects.list': {},
  'projects.get': {},
  'projects.update': { body: { description: 'x' } },
  'projects.delete': {},
  'projects.restore': {},
  'members.list': {},
  'members.set': { body: { role: 'annotator' } },
  'members.remove': {},
  'datasets.create': { body: (world: World) => ({ project: world.project, name: unique() }) },
  'datasets.list': {},
  'datasets.get': {},
  'datasets.update': { body: { description: 'x' } },
  'datasets.delete': {},
  'datasets.restore': {},
  'datasets.clone': { body: () => ({ name: unique() }) },
  'datasets.merge': { body: (world: World) => ({ name: unique(), sources: [world.dataset] }) },
  'usage.project': {},
  'usage.organization': {},
  'usage.setQuota': { body: { quotaBytes: null } },
  'versions.commit': { body: {} },
  'versions.list': {},
  'versions.query': { body: {} },
  'versions.get': {},
  'versions.items': {},
  'versions.stream': {},
  'versions.file': { query: '?path=/one.txt' },
  'versions.diff': {},
  'versions.restore': { body: {} },
  'versions.verify': { body: {} },
  'versions.tag': {},
  'versions.untag': {},
  'items.upload': { query: '?path=/sample.txt&ifExists=skip', body: 'text' },
  'items.uploadMany': { body: () => bundle() },
  'items.importUrls': { body: { urls: [{ url: 'http://127.0.0.1:9/x' }] } },
  'items.importArchive': { body: 'PK' },
  'items.list': {},
  'items.query': { body: {} },
  'items.stream': { body: {} },
  'items.count': { body: {} },
  'items.updateMany': { body: { filter: { path: '/none' }, change: { description: 'x' } } },
  'items.deleteMany': { body: { filter: { path: '/none' } } },
  'items.folders': {},
  'items.landmarks': { body: {} },
  'items.fields': {},
  'items.values': { query: '?field=labels' },
  'items.moveFolder': { body: { from: '/a', to: '/b' } },
  'items.get': {},
  'items.update': { body: { description: 'x' } },
  'items.delete': {},
  'items.restore': { params: { item: (world) => world.deletedItem } },
  'items.download': {},
  'items.thumbnail': {},
  'items.frameIndex': {},
  'buckets.list': {},
  'buckets.import': { body: { source: 's3://nowhere/x' } },
  'transfers.begin': { body: { path: '/large.bin', sizeBytes: 10 } },
  'transfers.get': {},
  'transfers.putPart': { query: '?expires=1&signature=x', body: 'x' },
  'transfers.complete': { body: {} },
  'transfers.abort': {},
  'transfers.beginArchive': { body: { sizeBytes: 10 } },
  'transfers.finishArchive': { body: {} },
  'transfers.link': {},
  'transfers.open': { query: '?expires=1&signature=x' },
  'scans.header': {},
  'scans.frame': {},
  'scans.pixels': {},
  'scans.slice': {},
  'scans.volume': {},
  'deidentification.key': {},
  'segmentations.upload': { body: 'x' },
  'segmentations.download': {},
  'segmentations.frame': {},
  'segmentations.slices': {},
  'segmentations.uploadToSeries': { body: 'x' },
  'segmentations.downloadOfSeries': {},
  'deidentification.report': {},
  'series.list': {},
  'series.get': {},
  'series.slice': {},
  'series.volume': {},
  'commands.list': { query: (world) => `?project=${world.project}` },
  'commands.get': {},
  'commands.cancel': {},
  'annotations.list': {},
  'annotations.create': { body: { annotations: [{ type: 'point', label: 'a', geometry: { type: 'point', x: 1, y: 1 } }] } },
  'annotations.apply': { body: (world: World) => ({ operations: [{ opId: newId(), kind: 'delete', annotationId: world.annotation, baseRevision: 999 }] }) },
  'annotations.get': {},
  'annotations.update': { body: { label: 'b' } },
  'annotations.delete': {},
  'annotations.revisions': {},
  'annotations.restore': { body: {} },
  'annotations.query': { body: {} },
  'annotations.count': { body: {} },
  'annotations.updateMany': { body: { filter: { label: 'none' }, change: { label: 'x' } } },
  'annotations.deleteMany': { body: { filter: { label: 'none' } } },
  'annotations.import': { body: '' },
  'recipes.create': { body: (world: World) => ({ project: world.project, name: 'r' }) },
  'recipes.list': { query: (world) => `?project=${world.project}` },
  'recipes.get': {},
  'recipes.update': { body: { instructions: 'x' } },
  'recipes.versions': {},
  'recipes.delete': {},
  'formats.list': {},
  'exports.create': { body: { format: 'coco' } },
  'exports.list': {},
  'exports.get': {},
  'exports.download': {},
  'exports.open': { query: '?expires=1&signature=x' },
  'exports.losses': {},
  'imports.create': { body: '{}' },
  'imports.begin': { body: { sizeBytes: 10 } },
  'imports.finish': { body: {} },
  'imports.list': {},
  'imports.get': {},
  'imports.losses': {},
  'batches.create': { body: (world: World) => ({ project: world.project, name: 'b' }) },
  'batches.list': { query: (world) => `?project=${world.project}` },
  'batches.get': {},
  'batches.update': { body: { priority: 1 } },
  'batches.finalize': {},
  'batches.cancel': {},
  'batches.addItems': { body: { filter: { path: '/none' } } },
  'batches.assignments': {},
  'batches.assign': { body: { assignments: [] } },
  'quality.report': {},
  'quality.merge': { body: {} },
  'quality.unmerge': {},
  'quality.addHoneypots': { body: { filter: { path: '/none' } } },
  'quality.removeHoneypots': {},
  'tasks.types': {},
  'tasks.create': { body: (world: World) => ({ project: world.project }) },
  'tasks.query': { body: {} },
  'batches.query': { body: {} },
  'tasks.get': {},
  'tasks.update': { body: { priority: 1 } },
  'tasks.cancel': { body: {} },
  'tasks.claim': { body: {} },
  'tasks.renew': { body: () => ({ lease: newId() }) },
  'tasks.release': { body: () => ({ lease: newId() }) },
  'tasks.submit': { body: () => ({ lease: newId() }) },
  'tasks.suggest': { body: { analytic: 'fovea/colors' } },
  'tasks.review': { body: { verdict: 'comment' } },
  'tasks.reopen': { body: {} },
  'analytics.list': {},
  'analytics.get': {},
  'analytics.register': { body: () => ({ ...manifest, version: `1.${Math.floor(Math.random() * 1e9)}` }) },
  'analytics.deprecate': {},
  'analytics.putFile': { query: '?path=run.sh', body: 'true' },
  'analytics.secret': {},
  'analytics.delete': {},
  'jobs.create': { body: (world: World) => ({ project: world.project, analytic: manifest.name, start: false }) },
  'jobs.query': { body: {} },
  'analytics.query': { body: {} },
  'jobs.get': {},
  'jobs.start': {},
  'jobs.startMany': { body: (world: World) => ({ jobs: [world.job] }) },
  'jobs.cancel': {},
  'jobs.update': { body: { archived: true } },
  'jobs.delete': {},
  'jobs.log': {},
  'jobs.output': { params: { index: () => '0' } },
  'jobs.link': { params: { index: () => '0' } },
  'jobs.open': { params: { index: () => '0' }, query: '?expires=1&signature=x' },
  'profiles.create': { body: (world: World) => ({ project: world.project, analytic: manifest.name, name: 'p' }) },
  'profiles.list': { query: (world) => `?project=${world.project}` },
  'profiles.get': {},
  'profiles.update': { body: { description: 'x' } },
  'profiles.versions': {},
  'profiles.preview': { body: (world: World) => ({ item: world.item }) },
  'profiles.delete': {},
  'runs.input': { params: { ticket: () => '1', input: () => 'x', index: () => '0' }, query: '?expires=1&signature=x' },
  'runs.upload': { params: { ticket: () => '1', output: () => 'x' }, query: '?expires=1&signature=x', body: 'x' },
  'runs.report': { params: { ticket: () => '1' }, query: '?expires=1&signature=x', body: { status: 'running' } },
  'events.list': { query: (world) => `?project=${world.project}` },
  'audit.list': {},
  'events.stream': { query: (world) => `?project=${world.project}` },
  'webhooks.create': { body: (world: World) => ({ project: world.project, url: 'http://127.0.0.1:9/hook' }) },
  'webhooks.list': { query: (world) => `?project=${world.project}` },
  'webhooks.update': { body: { description: 'x' } },
  'webhooks.rotate': {},
  'webhooks.delete': {},
  'webhooks.deliveries': { query: (world) => `?project=${world.project}` },
  'webhooks.callbackSecret': {},
  'webhooks.redeliverMany': { body: {} },
  'webhooks.redeliver': {},
};

function bundle(): FormData {
  const form = new FormData();
  form.append('file', new File(['text'], '/bundle.txt'));
  return form;
}

export const samples = {
  has: (operation: Operation) => operation.id in table,

  request(operation: Operation, world: World): { path: string; query: string; body: unknown } {
    const sample = table[operation.id] ?? {};
    const path = operation.path.replace(/\{(\w+)\}/g, (_match, name: string) => {
      const value = sample.params?.[name] ?? params[name];
      if (!value) throw new Error(`${operation.id}: no sample for the parameter ${name}`);
      return encodeURIComponent(value(world));
    });
    const body = typeof sample.body === 'function' ? (sample.body as (world: World) => unknown)(world) : sample.body;
    return { path, query: typeof sample.query === 'function' ? sample.query(world) : (sample.query ?? ''), body };
  },

  /** Makes the things anew or, given a world, puts back what an operation took away. */
  async prepare(fovea: TestPlatform, old?: World): Promise<World> {
    const { db } = fovea.platform.engines;
    if (old) {
      await db.run(sql`update projects set deleted_at = null where id = ${old.project}`);
      await db.run(sql`update datasets set deleted_at = null where id = ${old.dataset}`);
      await db.run(sql`update items set deleted_at = null where id = ${old.item}`);
      await db.run(sql`update items set deleted_at = now() where id = ${old.deletedItem}`);
      for (const [table, id] of [['analytics', old.analytic], ['jobs', old.job], ['profiles', old.profile], ['webhooks', old.webhook]]) {
        await db.run(sql`update ${raw(table ?? '')} set deleted_at = null where id = ${id}`);
      }
      await db.run(sql`update recipes set deleted_at = null where id = ${old.recipe}`);
      await db.run(sql`update annotations set deleted_at = null where id = ${old.annotation}`);
      return old;
    }
    const make = async (method: string, path: string, body: unknown) => (await fovea.call(method, path, { body })).body;
    const project = (await make('POST', '/v1/projects', { name: unique() })).id;
    const dataset = (await make('POST', '/v1/datasets', { project, name: unique() })).id;
    const item = (await make('POST', `/v1/datasets/${dataset}/items?path=/one.txt`, 'one')).item.id;
    const deletedItem = (await make('POST', `/v1/datasets/${dataset}/items?path=/two.txt`, 'two')).item.id;
    await fovea.call('DELETE', `/v1/items/${deletedItem}`);
    const user = (await make('POST', '/v1/users', { email: `${Math.random()}@example.com` })).id;
    const key = (await make('POST', '/v1/keys', { name: 'sample' })).id;
    const annotated = await make('POST', `/v1/items/${item}/annotations`, { annotations: [{ type: 'point', label: 'a', geometry: { type: 'point', x: 1, y: 1 } }] });
    const annotation = annotated.data[0].id;
    await fovea.call('PATCH', `/v1/annotations/${annotation}`, { body: { label: 'changed' } });
    const command = (await make('POST', `/v1/datasets/${dataset}/items/delete`, { filter: { path: '/none' } })).id;
    const recipe = (await make('POST', '/v1/recipes', { project, name: 'r' })).id;
    const batch = (await make('POST', '/v1/batches', { project, name: 'b', dataset })).id;
    const task = (await make('POST', '/v1/tasks', { project, batch, item })).id;
    const analytic = (await make('POST', '/v1/analytics', manifest)).id;
    const job = (await make('POST', '/v1/jobs', { project, analytic: manifest.name, start: false })).id;
    const profile = (await make('POST', '/v1/profiles', { project, analytic: manifest.name, name: 'p' })).id;
    const exported = (await make('POST', `/v1/datasets/${dataset}/exports`, { format: 'coco' })).id;
    const imported = (await make('POST', `/v1/datasets/${dataset}/imports?name=a.json`, '{}')).id;
    const { webhook } = await make('POST', '/v1/webhooks', { project, url: 'http://127.0.0.1:9/hook' });
    const delivery = newId();
    await db.run(sql`insert into deliveries (id, org_id, project_id, kind, url, event_type, subject_id, payload)
      select ${delivery}, org_id, id, 'webhook', 'http://127.0.0.1:9/', 'x.y', id, '{}' from projects where id = ${project}`);
    return { project, dataset, item, deletedItem, user, key, annotation, command, recipe, batch, task, analytic, job, profile, webhook: webhook.id, delivery, export: exported, import: imported };
  },
};

/** Operations of the table that the contract no longer has. */
export const staleSamples = Object.keys(table).filter((id) => !allOperations.some((operation) => operation.id === id));
