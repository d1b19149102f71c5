// Random filters over random rows: what PostgreSQL finds is what the filter means. Every page in every order, and every count.
import { newId, type Filter, type SortKey } from '@fovea/contract';
import fc from 'fast-check';
import sql, { join } from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';
import { itemEntity } from '../items/entity.ts';
import { holds, inOrder, type NaiveRow } from './naive.ts';
import { queryCount, queryPage, rowAlias } from './page.ts';

let fovea: TestPlatform;
let project: string;
let template: string;
let orgId: string;
beforeAll(async () => {
  fovea = await startTestPlatform({ working: false });
  orgId = (await fovea.call('GET', '/v1/me')).body.organization.id;
  project = (await fovea.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
  const dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'template' } })).body.id;
  template = (await fovea.call('POST', `/v1/datasets/${dataset}/items?path=/t`, { body: 't' })).body.item.id;
});
afterAll(() => fovea.close());

// A small alphabet, so that things meet; what patterns and paths could stumble over is in it.
const letters = ['a', 'b', 'A', '%', '_', '\\', '*', '?', '.', '[', '"', "'", '$', ' ', 'é', '𝄞'];
const word = fc.array(fc.constantFrom(...letters), { maxLength: 4 }).map((parts) => parts.join(''));
const name = fc.array(fc.constantFrom('a', 'b', 'A', '%', '_', '*', '.', '[', 'é', '𝄞'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')).filter((one) => one !== '.' && one !== '..');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join('/')}`);
const small = fc.integer({ min: -2, max: 6 });
const time = fc.integer({ min: 0, max: 5 }).map((n) => new Date(Date.UTC(2026, 0, 1, 0, 0, n, n * 100)));
const scalar = fc.oneof(small, fc.constantFrom(0.5, 1.5, 1e21, -3), word, fc.boolean(), fc.constant(null));
const metadata = fc.record(
  { n: small, k: fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })), deep: fc.oneof(fc.record({ k: scalar }), fc.array(fc.record({ k: scalar }), { maxLength: 3 })), 'x"y': scalar, $: scalar, é: scalar },
  { requiredKeys: [] },
);
const orNull = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });

const annotation = fc.record({ label: fc.constantFrom('Ear', 'Eye'), type: fc.constantFrom('point', 'box'), source: fc.constantFrom('human', 'model'), confidence: orNull(fc.constantFrom(0, 0.25, 0.5, 1)), frame: orNull(small.filter((n) => n >= 0)), attributes: fc.record({ side: fc.constantFrom('left', 'right'), n: small }, { requiredKeys: [] }) });
const item = fc.record({
  path,
  sizeBytes: fc.integer({ min: 0, max: 5 }),
  mediaType: fc.constantFrom('image/png', 'image/jpeg', 'text/plain'),
  kind: fc.constantFrom('image', 'video', 'other'),
  width: orNull(fc.integer({ min: 1, max: 4 })),
  durationSeconds: orNull(fc.constantFrom(0.5, 1, 2.25)),
  labels: fc.uniqueArray(word.filter((one) => one !== ''), { maxLength: 2 }),
  channel: orNull(word),
  status: fc.constantFrom('inbox', 'published'),
  description: word,
  createdAt: time,
  publishedAt: orNull(time),
  metadata,
  annotations: fc.array(annotation, { maxLength: 3 }),
});
type Item = typeof item extends fc.Arbitrary<infer T> ? T : never;

const values: Record<string, fc.Arbitrary<unknown>> = {
  path, sizeBytes: fc.oneof(small, fc.constantFrom(1.5, 1e12)), mediaType: fc.constantFrom('image/png', 'image'), kind: fc.constantFrom('image', 'video', 'dicom'), width: fc.oneof(small, fc.constantFrom(2.5, 3e9)), durationSeconds: fc.constantFrom(0.5, 1, 2, 2.25),
  channel: word, status: fc.constantFrom('inbox', 'published', 'archived'), description: word,
  createdAt: time.map((date) => date.toISOString()), publishedAt: time.map((date) => date.toISOString().replace('Z', '+00:00')),
};
const textual = ['path', 'mediaType', 'channel', 'description', 'kind'];
const glob = fc.array(fc.oneof({ weight: 2, arbitrary: fc.constantFrom('*', '?', '**', '**/', '/') }, { weight: 3, arbitrary: fc.constantFrom(...letters) }), { maxLength: 5 }).map((parts) => parts.join(''));

function conditionOn(field: string, value: fc.Arbitrary<unknown>, isText: boolean): fc.Arbitrary<unknown> {
  const nullable = fc.oneof({ weight: 5, arbitrary: value }, { weight: 1, arbitrary: fc.constant(null) });
  return fc.oneof(
    fc.oneof(nullable, nullable.map((eq) => ({ eq })), nullable.map((ne) => ({ ne }))),
    fc.array(nullable, { maxLength: 4 }).chain((list) => fc.constantFrom<unknown>({ in: list }, { nin: list })),
    fc.tuple(fc.constantFrom('gt', 'gte', 'lt', 'lte'), value).map(([operator, operand]) => ({ [operator]: operand })),
    fc.tuple(value, value).map(([gte, lt]) => ({ gte, lt })),
    fc.boolean().map((exists) => ({ exists })),
    ...(isText ? [fc.oneof(glob, field === 'path' ? path.map((one) => one.replace(/[^/]+$/, '*')) : glob).map((match) => ({ match })), word.map((contains) => ({ contains }))] : []),
  );
}

const jsonNames = ['metadata.n', 'metadata.k', 'metadata.deep.k', 'metadata.x"y', 'metadata.$', 'metadata.é', 'metadata.none', 'metadata.n.k'];
const jsonValue = fc.oneof(small, fc.constantFrom(0.5, 1.5, 1e21, -3), word);
const jsonCondition = fc.oneof(
  fc.oneof(scalar, scalar.map((eq) => ({ eq })), scalar.map((ne) => ({ ne })), fc.array(fc.oneof(small, word), { maxLength: 2 }).map((eq) => ({ eq }))),
  fc.array(scalar, { maxLength: 3 }).chain((list) => fc.constantFrom<unknown>({ in: list }, { nin: list })),
  fc.tuple(fc.constantFrom('gt', 'gte', 'lt', 'lte'), jsonValue).map(([operator, operand]) => ({ [operator]: operand })),
  fc.boolean().map((exists) => ({ exists })),
  glob.map((match) => ({ match })),
  word.filter((one) => one !== '').map((contains) => ({ contains })),
);

const one = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...Object.keys(values)).chain((field) => conditionOn(field, values[field] ?? word, textual.includes(field)).map((condition) => ({ [field]: condition }) as Filter)) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...jsonNames), jsonCondition).map(([field, condition]) => ({ [field]: condition }) as Filter) },
  { weight: 1, arbitrary: fc.oneof(word, fc.constant(null), word.map((ne) => ({ ne })), fc.array(word, { maxLength: 3 }).map((list) => ({ in: list })), fc.array(word, { maxLength: 3 }).map((nin) => ({ nin })), fc.boolean().map((exists) => ({ exists })), glob.map((match) => ({ match }))).map((labels) => ({ labels }) as Filter) },
  { weight: 1, arbitrary: fc.record({ label: fc.constantFrom('Ear', 'Nose'), type: fc.constantFrom('point', 'box'), confidence: fc.constantFrom<unknown>(null, 0.5, { gte: 0.25 }, { lt: 0.5 }, { exists: false }), frame: fc.constantFrom<unknown>(1, { gt: 0 }, { in: [0, 2] }), 'attributes.side': fc.constantFrom('left', 'right'), not: fc.record({ source: fc.constantFrom('human', 'model') }) }, { requiredKeys: [] }).map((annotations) => ({ having: { annotations } }) as Filter) },
);
const filter = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 4, arbitrary: one },
    { weight: 1, arbitrary: fc.array(tie('filter'), { maxLength: 3 }).map((and) => ({ and }) as Filter) },
    { weight: 1, arbitrary: fc.array(tie('filter'), { maxLength: 3 }).map((or) => ({ or }) as Filter) },
    { weight: 1, arbitrary: tie('filter').map((not) => ({ not }) as Filter) },
    { weight: 1, arbitrary: fc.tuple(one, one).map(([a, b]) => ({ ...a, ...b })) },
  ),
})).filter;
const sortable = ['path', 'sizeBytes', 'mediaType', 'kind', 'width', 'durationSeconds', 'channel', 'description', 'createdAt', 'publishedAt', 'metadata.n', 'id'];
const sort = fc.uniqueArray(fc.record({ field: fc.constantFrom(...sortable), direction: fc.constantFrom('asc' as const, 'desc' as const) }), { maxLength: 3, selector: ({ field }) => field });

/** Writes the rows into a dataset of their own, and gives them as the plain evaluator has them. */
async function write(items: readonly Item[]): Promise<{ dataset: string; rows: NaiveRow[] }> {
  const { db } = fovea.platform.engines;
  const dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: newId() } })).body.id;
  const rows = items.map((of): NaiveRow => {
    const { metadata: json, annotations, ...fields } = of;
    return { fields: { id: newId(), ...fields }, json: { metadata: json }, paths: ['path'], having: { annotations: annotations.map(({ attributes, ...more }) => ({ fields: { id: newId(), ...more }, json: { attributes }, paths: [], having: {} })) } };
  });
  for (const { fields: f, json, having } of rows) {
    await db.run(sql`insert into items (id, org_id, project_id, dataset_id, path, sha256, size, media_type, kind, probe, width, duration, labels, channel, status, description, created_at, published_at, metadata, created_by, updated_by)
      select ${f['id']}::uuid, org_id, project_id, ${dataset}::uuid, ${f['path']}::text, sha256, ${f['sizeBytes']}::bigint, ${f['mediaType']}::text, ${f['kind']}::text, 'ready', ${f['width']}::int, ${f['durationSeconds']}::float8, ${f['labels']}::text[], ${f['channel']}::text,
        ${f['status']}::text, ${f['description']}::text, ${f['createdAt']}::timestamptz, ${f['publishedAt']}::timestamptz, ${JSON.stringify(json['metadata'])}::jsonb, created_by, updated_by from items where id = ${template}`);
    const drawn = having['annotations'] ?? [];
    if (drawn.length === 0) continue;
    const tuples = drawn.map(({ fields: a, json: j }) => sql`(${a['id']}::uuid, ${orgId}::uuid, ${project}::uuid, ${dataset}::uuid, ${f['id']}::uuid, ${a['type']}, ${a['label']}, '{}'::jsonb, ${JSON.stringify(j['attributes'])}::jsonb, ${a['frame']}::int, ${a['confidence']}::real, ${a['source']}, 'x', 'x')`);
    await db.run(sql`insert into annotations (id, org_id, project_id, dataset_id, item_id, type, label, geometry, attributes, frame, confidence, source, created_by, updated_by) values ${join(tuples, ', ')}`);
  }
  return { dataset, rows };
}

async function read(dataset: string, query: { filter: Filter; sort: readonly SortKey[]; limit: number }): Promise<string[]> {
  const found: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await queryPage<{ id: string }, string>(fovea.platform.engines.db, itemEntity, { ...query, cursor }, { columns: sql`${rowAlias}.id`, scope: sql`${rowAlias}.dataset_id = ${dataset}`, scopeMark: dataset, defaultSort: [{ field: 'id', direction: 'asc' }], map: ({ id }) => id });
    found.push(...page.data);
    if (page.next === null) return found;
    cursor = page.next;
  }
}

test('a filter finds what it means, in every order, page by page', async () => {
  const sets = fc.sample(fc.uniqueArray(item, { minLength: 12, maxLength: 12, selector: (of) => of.path }), { numRuns: 8, seed: 7 });
  const worlds: { dataset: string; rows: NaiveRow[] }[] = [];
  for (const items of sets) worlds.push(await write(items));
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: worlds.length - 1 }), filter, sort, fc.integer({ min: 1, max: 7 }), async (which, wanted, order, limit) => {
      const { dataset, rows } = worlds[which] ?? { dataset: '', rows: [] };
      const expected = inOrder(rows.filter((row) => holds(wanted, row)), order.length > 0 ? order : [{ field: 'id', direction: 'asc' }]).map((row) => row.fields['id']);
      expect(await read(dataset, { filter: wanted, sort: order, limit })).toEqual(expected);
      expect(await queryCount(fovea.platform.engines.db, itemEntity, wanted, sql`${rowAlias}.dataset_id = ${dataset}`)).toBe(expected.length);
    }),
    { numRuns: 600, seed: 11 },
  );
}, 120_000);

test('annotations sorted and chosen by their confidence, which is kept in single precision', async () => {
  const drawn = [0.1, 0.2, 0.3, 0.7, 0.7].map((confidence) => ({ type: 'point', label: 'Ear', geometry: { type: 'point', x: 1, y: 1 }, confidence }));
  const dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: newId() } })).body.id;
  const { item: made } = (await fovea.call('POST', `/v1/datasets/${dataset}/items?path=/a`, { body: 'a' })).body;
  expect((await fovea.call('POST', `/v1/items/${made.id}/annotations`, { body: { annotations: drawn } })).status).toBe(201);
  const query = async (body: object) => (await fovea.call('POST', `/v1/datasets/${dataset}/annotations/query`, { body })).body;
  for (const direction of ['asc', 'desc']) {
    const seen: number[] = [];
    for (let cursor: string | undefined; seen.length < 10; ) {
      const page = await query({ sort: [{ field: 'confidence', direction }], limit: 1, cursor });
      seen.push(...page.data.map((one: { confidence: number }) => one.confidence));
      if (page.next === null) break;
      cursor = page.next;
    }
    expect(seen).toEqual(direction === 'asc' ? [0.1, 0.2, 0.3, 0.7, 0.7] : [0.7, 0.7, 0.3, 0.2, 0.1]);
  }
  for (const [filter, found] of [[{ confidence: 0.1 }, 1], [{ confidence: { in: [0.1, 0.3, 1e300] } }, 2], [{ confidence: { gte: 0.7 } }, 2], [{ confidence: { lt: 1e-300 } }, 0], [{ frame: 0.5 }, 0]] as const) expect([filter, (await query({ filter })).data.length]).toEqual([filter, found]);
});
