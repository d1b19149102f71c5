import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifyWebhook } from '@fovea/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../testing/platform.ts';

let fovea: TestPlatform;
let receiver: Server;
/** Of this test. */
let path = '/hook/0';
let heard: { headers: IncomingHttpHeaders; body: string }[] = [];
let answer = 200;
let project: string;
beforeAll(async () => {
  fovea = await startTestPlatform();
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      // What an earlier test asked for may arrive late.
      if (request.url === path) heard.push({ headers: request.headers, body });
      response.writeHead(answer).end('heard');
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await fovea.close();
});
beforeEach(async () => {
  heard = [];
  path = `/hook/${randomUUID()}`;
  answer = 200;
  project = (await fovea.call('POST', '/v1/projects', { body: { name: `p ${Math.random()}` } })).body.id;
});
const url = () => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}${path}`;
const dataset = (name: string) => fovea.call('POST', '/v1/datasets', { body: { project, name } });

describe('webhooks', () => {
  test('webhooks.create 201, webhooks.list 200, webhooks.deliveries 200: events arrive, signed, with their numbers', async () => {
    const { status, body } = await fovea.call('POST', '/v1/webhooks', { body: { project, url: url(), events: ['dataset.*'] } });
    expect([status, body.secret]).toEqual([201, expect.stringMatching(/^whsec_/)]);
    await dataset('one');
    await dataset('two');
    // A minute at most: so often is looked for what was missed while the listener was not there yet.
    await expect.poll(() => heard.length, { timeout: 75_000 }).toBe(2);
    // Order is kept per thing and derivable over all: every event carries its number.
    const told = await Promise.all(heard.map((one) => verifyWebhook(one.body, one.headers, body.secret)));
    expect(told.toSorted((a: any, b: any) => a.data.seq - b.data.seq).map((one: any) => one.data.data.name)).toEqual(['one', 'two']);
    await expect(verifyWebhook(`${heard[0]?.body} `, heard[0]?.headers ?? {}, body.secret)).rejects.toThrow('No signature fits');
    await expect(verifyWebhook(heard[0]?.body ?? '', heard[0]?.headers ?? {}, body.secret, { nowMs: Date.now() + 600_000 })).rejects.toThrow('tolerance');
    expect((await fovea.call('GET', `/v1/webhooks?project=${project}`)).body.data[0]).not.toHaveProperty('secret');
    await expect.poll(async () => (await fovea.call('GET', `/v1/deliveries?project=${project}&status=delivered`)).body.data.length).toBe(2);
  }, 90_000);
  test('webhooks.redeliver 200: a refused delivery is logged and can be sent again; webhooks.rotate 200 signs with both secrets', async () => {
    const { webhook, secret } = (await fovea.call('POST', '/v1/webhooks', { body: { project, url: url() } })).body;
    const rotated = (await fovea.call('POST', `/v1/webhooks/${webhook.id}/rotate`)).body.secret;
    answer = 500;
    await dataset('lost');
    const failing = async () => (await fovea.call('GET', `/v1/deliveries?project=${project}`)).body.data.find((one: any) => one.eventType === 'dataset.created' && one.attempts > 0);
    await expect.poll(failing, { timeout: 15_000 }).toMatchObject({ status: 'pending', lastStatus: 500, lastResponse: 'heard' });
    answer = 200;
    heard = [];
    expect((await fovea.call('POST', `/v1/deliveries/${(await failing()).id}/redeliver`)).body.status).toBe('pending');
    await expect.poll(() => heard.some((one) => one.body.includes('dataset.created')), { timeout: 15_000 }).toBe(true);
    const delivered = heard.find((one) => one.body.includes('dataset.created'));
    for (const known of [secret, rotated]) await expect(verifyWebhook(delivered?.body ?? '', delivered?.headers ?? {}, known)).resolves.toBeTruthy();
  });
  test('webhooks.update 200 switches off, webhooks.delete 204', async () => {
    const { webhook } = (await fovea.call('POST', '/v1/webhooks', { body: { project, url: url() } })).body;
    expect((await fovea.call('PATCH', `/v1/webhooks/${webhook.id}`, { body: { enabled: false } })).body.enabled).toBe(false);
    expect((await fovea.call('DELETE', `/v1/webhooks/${webhook.id}`)).status).toBe(204);
    expect((await fovea.call('GET', `/v1/webhooks?project=${project}`)).body.data).toEqual([]);
  });
  test('a private address is refused where private networks are not allowed', async () => {
    const closed = await startTestPlatform({ working: false, allowPrivateNetwork: false });
    const other = (await closed.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
    for (const target of ['http://127.0.0.1/x', 'http://169.254.169.254/latest', 'http://[::ffff:10.0.0.1]/', 'http://2130706433/']) {
      const refused = await closed.call('POST', '/v1/webhooks', { body: { project: other, url: target } });
      expect([refused.status, refused.body.code]).toEqual([403, 'address_refused']);
    }
    await closed.close();
  });
});

describe('history and stream', () => {
  test('events.list 200 tells what happened, page by page', async () => {
    await dataset('a');
    await dataset('b');
    const first = (await fovea.call('GET', `/v1/events/history?project=${project}&limit=2`)).body;
    const second = (await fovea.call('GET', `/v1/events/history?project=${project}&limit=2&cursor=${first.next}`)).body;
    expect([...first.data, ...second.data].map((event: any) => event.type)).toEqual(['project.created', 'dataset.created', 'dataset.created']);
    expect(second.next).toBeNull();
  });
  test('events.stream 200 sends events as they happen and resumes after a number', async () => {
    const read = async (headers: Record<string, string>, until: number): Promise<string[]> => {
      const stop = new AbortController();
      const response = await fetch(`${fovea.url}/v1/events?project=${project}`, { headers: { authorization: `Bearer ${fovea.key}`, ...headers }, signal: stop.signal });
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      let text = '';
      const decoder = new TextDecoder();
      for await (const part of response.body ?? []) {
        text += decoder.decode(part as Uint8Array, { stream: true });
        if ((text.match(/^data: /gm)?.length ?? 0) >= until) break;
      }
      stop.abort();
      return [...text.matchAll(/^event: (.+)$/gm)].map((match) => match[1] ?? '');
    };
    const { seq } = (await fovea.call('GET', `/v1/events/history?project=${project}`)).body.data[0];
    const live = read({}, 1);
    await new Promise((resolve) => setTimeout(resolve, 400));
    await dataset('live');
    expect(await live).toEqual(['dataset.created']);
    expect(await read({ 'last-event-id': String(seq) }, 1)).toEqual(['dataset.created']);
  });
});

describe('callbacks', () => {
  test('webhooks.callbackSecret 200: the callback of a task, its batch and a job arrive once they end, signed', async () => {
    const { secret } = (await fovea.call('GET', `/v1/projects/${project}/callback-secret`)).body;
    const { id } = (await dataset('called')).body;
    const { item } = (await fovea.call('POST', `/v1/datasets/${id}/items?path=/a.txt`, { body: 'a' })).body;
    const batch = (await fovea.call('POST', '/v1/batches', { body: { project, name: 'b', dataset: id, callbackUrl: url() } })).body;
    const task = (await fovea.call('POST', '/v1/tasks', { body: { project, batch: batch.id, item: item.id, callbackUrl: url() } })).body;
    await fovea.call('POST', `/v1/batches/${batch.id}/finalize`);
    const { lease } = (await fovea.call('POST', `/v1/projects/${project}/tasks/claim`, { body: { batch: batch.id } })).body;
    expect((await fovea.call('POST', `/v1/tasks/${task.id}/submit`, { body: { lease, response: { ok: true } } })).status).toBe(200);
    const job = (await fovea.call('POST', '/v1/jobs', { body: { project, analytic: 'fovea/media-info', callbackUrl: url(), inputs: { files: [item.id] } } })).body;
    await expect.poll(() => heard.length, { timeout: 30_000 }).toBe(3);
    const told = (await Promise.all(heard.map((one) => verifyWebhook(one.body, one.headers, secret)))) as any[];
    const byType = Object.fromEntries(told.map((one) => [one.type, one.data.id]));
    expect(byType).toMatchObject({ 'task.completed': task.id, 'batch.completed': batch.id });
    expect(told.find((one) => one.type.startsWith('job.'))?.data.id).toBe(job.id);
    expect(told.find((one) => one.type === 'task.completed').data.response).toEqual({ ok: true });
  });
});
