// What no client shows but every client relies on: the protocol's oddities, and requests that are wrong in every way.
import { request } from 'node:http';
import { errorCodes, type ErrorCode } from '@fovea/contract';
import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Fault } from '../../fault.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';
import { sendScaleError } from './errors.ts';

let fovea: TestPlatform;

beforeAll(async () => {
  fovea = await startTestPlatform();
});
afterAll(() => fovea.close());

interface Answer {
  status: number;
  type: string | undefined;
  text: string;
  body: any;
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

/** A request as it stands, as no library would send it. */
async function send(method: string, path: string, options: { body?: string | Buffer; headers?: Record<string, string> } = {}): Promise<Answer> {
  const { hostname, port } = new URL(fovea.url);
  const headers = { authorization: basic(`${fovea.key}:`), 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(options.body ?? '')), ...options.headers };
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path: `/scale/v1${path}`, headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        let body: unknown;
        try {
          body = JSON.parse(text);
        } catch {
          body = undefined;
        }
        resolve({ status: answer.statusCode ?? 0, type: answer.headers['content-type'], text, body });
      });
    });
    sent.on('error', reject);
    sent.end(options.body);
  });
}

const box = { attachment: 'https://example.invalid/a.png', geometries: { box: { objects_to_annotate: ['car'] } } };
const create = async (more: object = {}): Promise<any> => (await send('POST', '/task/imageannotation', { body: JSON.stringify({ ...box, ...more }) })).body;

describe('success is 200 and JSON, also where the request has no body', () => {
  test('cancel, tags, unique_id, metadata', async () => {
    const { task_id: id } = await create({ unique_id: 'quirk', tags: ['a'] });
    for (const [method, path] of [['POST', 'setMetadata'], ['DELETE', 'tags'], ['PUT', 'tags'], ['POST', 'tags'], ['DELETE', 'unique_id'], ['POST', 'cancel'], ['POST', 'cancel?clear_unique_id=true']] as const) {
      const answer = await send(method, `/task/${id}/${path}`);
      expect([path, answer.status, answer.body?.task_id]).toEqual([path, 200, id]);
      expect(answer.type).toMatch(/^application\/json/);
    }
    const shown = (await send('GET', `/task/${id}`)).body;
    expect([shown.tags, shown.metadata, Object.hasOwn(shown, 'unique_id')]).toEqual([[], {}, false]);
  });
  test('projects, batches, studio', async () => {
    expect((await send('POST', '/projects', { body: JSON.stringify({ name: 'q', type: 'imageannotation', params: null, datasetId: null }) })).status).toBe(200);
    expect((await send('POST', '/batches', { body: JSON.stringify({ project: 'q', name: 'qb', callback: '' }) })).status).toBe(200);
    for (const path of ['/projects/q/setParams', '/batches/qb/finalize', '/batches/qb/setMetadata', '/studio/batches/reset_priorities']) expect([path, (await send('POST', path)).status]).toEqual([path, 200]);
    expect((await send('POST', '/projects/q/setOntology', { body: JSON.stringify({ ontology: ['a', { choice: 'b', subchoices: ['c'] }], name: 'o' }) })).body.param_history.at(-1)).toMatchObject({ ontology: ['a', {}], version: 2 });
  });
  test('a GET with a body, as the first 2.x clients send it', async () => {
    expect((await send('GET', '/tasks?limit=1', { body: '{}' })).status).toBe(200);
    expect((await send('GET', '/projects', { body: 'not even JSON' })).status).toBe(200);
  });
});

describe('what is wrong is told in one shape', () => {
  const shape = (status: number) => ({ status_code: status, error: expect.stringMatching(/\S/) });
  test.each<[string, number, string, string, string | Buffer | undefined, Record<string, string>]>([
    ['no key', 401, 'GET', '/tasks', undefined, { authorization: '' }],
    ['no key and no such place', 404, 'GET', '/nowhere', undefined, { authorization: '' }],
    ['a key of nobody', 401, 'GET', '/tasks', undefined, { authorization: basic('nobody:') }],
    ['an empty key', 401, 'GET', '/tasks', undefined, { authorization: basic(':') }],
    ['what is no base64', 401, 'GET', '/tasks', undefined, { authorization: 'Basic %%%' }],
    ['another scheme', 401, 'GET', '/tasks', undefined, { authorization: 'Digest username="x"' }],
    ['the key as password', 401, 'GET', '/tasks', undefined, { authorization: basic(':key') }],
    ['broken JSON', 400, 'POST', '/task/imageannotation', '{"a":', {}],
    ['JSON in another encoding', 400, 'POST', '/task/imageannotation', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), {}],
    ['an array for an object', 400, 'POST', '/task/imageannotation', '[]', {}],
    ['a text for an object', 400, 'POST', '/projects', '"name"', {}],
    ['null for an object', 400, 'POST', '/batches', 'null', {}],
    ['an object for tags', 400, 'POST', '/task/000000000000000000000000/tags', '{"a":1}', {}],
    ['an array for metadata', 400, 'POST', '/task/000000000000000000000000/setMetadata', '[1]', {}],
    ['a body deeper than any', 400, 'POST', '/task/imageannotation', `{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`, {}],
    ['a type that there is not', 400, 'POST', '/task/jigsaw', '{}', {}],
    ['a name of no thing', 404, 'GET', '/projects/nothing', undefined, {}],
    ['a method that the path has not', 404, 'PATCH', '/tasks', undefined, {}],
    ['a task of letters', 404, 'POST', '/task/xyz/cancel', undefined, {}],
    ['a NUL in a name', 400, 'POST', '/projects', JSON.stringify({ name: 'a\u0000b', type: 'imageannotation' }), {}],
    ['a NUL in a filter', 400, 'GET', '/tasks?unique_id=%00', undefined, {}],
    ['half of a pair in a text', 400, 'POST', '/task/imageannotation', '{"attachment":"https://example.com/a.png","geometries":{"box":{"objects_to_annotate":["\\ud800"]}}}', {}],
    ['no file', 400, 'POST', '/files/upload', '--x--\r\n', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['a form without its mark', 400, 'POST', '/files/upload', 'x', { 'content-type': 'multipart/form-data' }],
  ])('%s: %i', async (_name, status, method, path, body, headers) => {
    const answer = await send(method, path, { ...(body === undefined ? {} : { body }), headers });
    expect([answer.status, answer.body ?? answer.text]).toEqual([status, shape(status)]);
    expect(answer.type).toMatch(/^application\/json/);
  });
  test('every fault has a status that the clients have a class for', async () => {
    const app = fastify();
    app.setErrorHandler(sendScaleError);
    app.get('/:code', (request) => {
      throw new Fault((request.params as { code: ErrorCode }).code, 'Why.');
    });
    const statuses: Record<string, number> = {};
    for (const code of Object.keys(errorCodes)) {
      const answer = await app.inject({ url: `/${code}` });
      expect(answer.json()).toEqual({ status_code: answer.statusCode, error: 'Why.' });
      statuses[code] = answer.statusCode;
    }
    await app.close();
    expect(statuses).toMatchObject({ invalid_request: 400, unauthenticated: 401, forbidden: 401, quota_exceeded: 402, not_found: 404, conflict: 409, illegal_state: 400, rate_limited: 429, internal: 500, not_available: 503, disk_full: 503, timeout: 504 });
    expect(Object.values(statuses).filter((status) => ![400, 401, 402, 404, 409, 429, 500, 503, 504].includes(status))).toEqual([]);
  });
  test('409 only where the client can bear it', async () => {
    await send('POST', '/projects', { body: JSON.stringify({ name: 'task', type: 'imageannotation', studio: true }) });
    const first = await create({ unique_id: 'taken' });
    const second = await create();
    const answer = await send('POST', `/task/${second.task_id}/unique_id`, { body: '{"unique_id":"taken"}' });
    expect([answer.status, answer.body.error]).toEqual([409, `The unique_id ("taken") is already used for a different task (${first.task_id}).`]);
    await send('POST', `/task/${first.task_id}/cancel`);
    for (const path of [`/task/${first.task_id}/cancel`, `/task/${first.task_id}/unique_id`, '/projects/task/taskTemplates']) {
      for (const method of ['POST', 'DELETE', 'GET']) expect((await send(method, path)).status).not.toBe(409);
    }
  });
});

describe('queries', () => {
  test('True and False as Python writes them', async () => {
    await create({ unique_id: 'listed', metadata: { a: 1 } });
    const only = async (query: string) => Object.keys((await send('GET', `/tasks?unique_id=listed&${query}`)).body.docs[0]);
    const few = ['task_id', 'status', 'metadata', 'otherVersion'];
    for (const value of ['True', 'true', 'TRUE']) expect(await only(`limited_response=${value}`)).toEqual(few);
    for (const value of ['False', 'false', '', 'None']) expect((await only(`limited_response=${value}`)).length).toBeGreaterThan(10);
  });
  test('space is a plus, several values are repeated keys, others are joined by commas', async () => {
    await create({ unique_id: 'a b', tags: ['q 1'] });
    await create({ unique_id: 'a+b', tags: ['q 2'] });
    const ids = async (query: string) => (await send('GET', `/tasks?${query}`)).body.docs.map((task: any) => task.unique_id);
    expect(await ids('unique_id=a+b')).toEqual(['a b']);
    expect(await ids('unique_id=a%2Bb')).toEqual(['a+b']);
    expect(await ids('unique_id=a+b&unique_id=a%2Bb')).toEqual(['a+b', 'a b']);
    expect(await ids('tags=q+1&tags=q+2')).toEqual(['a+b', 'a b']);
    expect((await send('GET', '/tasks?customer_review_status=accepted%2Cfixed')).body.docs).toEqual([]);
  });
  test('pages: their five keys, and no token on the last', async () => {
    const page = (await send('GET', '/tasks?limit=1')).body;
    expect(Object.keys(page).toSorted()).toEqual(['docs', 'has_more', 'limit', 'next_token', 'offset', 'total']);
    const all = (await send('GET', '/tasks')).body;
    expect(Object.keys(all).toSorted()).toEqual(['docs', 'has_more', 'limit', 'offset', 'total']);
    expect([all.has_more, all.total, all.limit, all.offset]).toEqual([false, all.docs.length, 100, 0]);
    expect(Object.keys((await send('GET', '/batches')).body).toSorted()).toEqual(['docs', 'has_more', 'limit', 'offset', 'totalDocs']);
    expect((await send('GET', '/tasks?limit=500')).body.limit).toBe(100);
    expect((await send('GET', '/tasks?next_token=')).body.total).toBe(all.total);
  });
  test('a token holds its place, whatever is asked with it', async () => {
    const [first, second] = (await send('GET', '/tasks?limit=2')).body.docs;
    const { next_token: token } = (await send('GET', '/tasks?limit=1')).body;
    await create();
    const next = (await send('GET', `/tasks?limit=1&next_token=${token}`)).body;
    expect(next.docs[0].task_id).toBe(second.task_id);
    const pending = (await send('GET', `/tasks?limit=1&status=canceled&next_token=${token}`)).body;
    expect(pending.docs.every((task: any) => task.status === 'canceled' && task.task_id < first.task_id)).toBe(true);
    expect(pending.total).toBe((await send('GET', '/tasks?status=canceled')).body.total);
  });
});

test('keys that do not apply are absent, and those that always do are there', async () => {
  const task = await create();
  for (const key of ['task_id', 'type', 'status', 'instruction', 'callback_url', 'created_at', 'updated_at', 'params', 'metadata', 'is_test', 'urgency', 'priority', 'processed_attachments', 'work_started']) expect(task).toHaveProperty(key);
  for (const key of ['project', 'batch', 'unique_id', 'tags', 'response', 'completed_at', 'callback_succeeded', 'customer_review_status', 'customer_review_comments', 'prior_responses', 'audits', 'document_pages', 'hypothesis_error']) expect(task).not.toHaveProperty(key);
  expect(task.task_id).toMatch(/^[0-9a-f]{24}$/);
  expect(task.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});
