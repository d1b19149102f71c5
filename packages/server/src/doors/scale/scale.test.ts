// The protocol over HTTP, exactly as it is on the wire. The real clients are driven in test/clients/scale.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let testKey: string;
let orgId: string;

beforeAll(async () => {
  fovea = await startTestPlatform();
  orgId = (await fovea.call('GET', '/v1/me')).body.organization.id;
  testKey = (await fovea.person({ orgId, admin: true, test: true })).key;
});
afterAll(() => fovea.close());

interface Answer {
  status: number;
  body: any;
}

const scale = async (method: string, path: string, options: { key?: string; body?: unknown; headers?: Record<string, string> } = {}): Promise<Answer> => {
  const { key = fovea.key, body } = options;
  const { status, body: answer } = await fovea.call(method, `/scale/v1/${path}`, {
    key: null,
    headers: { authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`, 'content-type': 'application/json', ...options.headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status, body: answer };
};
const boxTask = { attachment: 'https://example.invalid/a.png', geometries: { box: { objects_to_annotate: ['car', { choice: 'two', subchoices: ['bus', 'truck'] }] } } };

describe('authentication and errors', () => {
  test.each([['no', {}], ['an unknown', { authorization: `Basic ${Buffer.from('nobody:').toString('base64')}` }]])('%s key answers 401 in the shape', async (_name, headers) => {
    const answer = await fovea.call('GET', '/scale/v1/tasks', { key: null, headers });
    expect([answer.status, answer.body]).toEqual([401, { status_code: 401, error: expect.any(String) }]);
  });
  test('a bearer key and a doubled slash do too', async () => {
    expect((await fovea.call('GET', '/scale/v1//tasks')).status).toBe(200);
  });
  test('an unknown path and an unknown task answer 404', async () => {
    expect(await scale('GET', 'nothing')).toEqual({ status: 404, body: { status_code: 404, error: expect.any(String) } });
    expect((await scale('GET', 'task/000000000000000000000000')).status).toBe(404);
    expect((await scale('GET', 'task/xyz')).status).toBe(404);
  });
});

describe('test mode', () => {
  test('a task is pending in the answer and completed from then on', async () => {
    const created = await scale('POST', 'task/imageannotation', { key: testKey, body: boxTask });
    expect(created.status).toBe(200);
    expect(created.body).toMatchObject({ status: 'pending', type: 'imageannotation', is_test: true, metadata: {}, params: boxTask });
    expect(Object.keys(created.body)).not.toContain('response');
    const { body } = await scale('GET', `task/${created.body.task_id}`, { key: testKey });
    expect(body).toMatchObject({ status: 'completed', customer_review_status: 'pending', response: { annotations: [{ type: 'box', label: 'car' }] } });
    const cancel = await scale('POST', `task/${created.body.task_id}/cancel`, { key: testKey });
    expect([cancel.status, cancel.body.status_code]).toEqual([400, 400]);
    expect((await scale('GET', `task/${created.body.task_id}`)).status).toBe(404);
  });
});
