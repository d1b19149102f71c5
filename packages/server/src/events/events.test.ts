import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { eventTypes, eventWildcards } from '@fovea/contract';
import { verifyWebhook } from '@fovea/sdk';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../testing/platform.ts';
import { emit } from './outbox.ts';

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
    const { webhook, secret } = (await fovea.call('POST', '/v1/webhooks', { body: { project, url: url(), events: ['*'] } })).body;
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
  test('webhooks.create 201 without a project, webhooks.list 200 of the organisation: told of every project and of what is in none; webhooks.create 403 for a manager of one project', async () => {
    const { orgId } = await fovea.person({ orgId: (await fovea.call('GET', '/v1/me')).body.organization.id, admin: true });
    const manager = await fovea.person({ orgId, project: { id: project, role: 'manager' } });
    expect((await fovea.call('POST', '/v1/webhooks', { key: manager.key, body: { url: url() } })).status).toBe(403);
    expect((await fovea.call('GET', '/v1/webhooks', { key: manager.key })).status).toBe(403);
    const { status, body } = await fovea.call('POST', '/v1/webhooks', { body: { url: url(), events: ['dataset.created', 'user.created'] } });
    expect([status, body.webhook.projectId]).toEqual([201, null]);
    expect((await fovea.call('GET', '/v1/webhooks')).body.data.map((one: any) => one.id)).toEqual([body.webhook.id]);
    expect((await fovea.call('PATCH', `/v1/webhooks/${body.webhook.id}`, { key: manager.key, body: { enabled: false } })).status).toBe(403);
    const stranger = await fovea.person({ admin: true });
    expect((await fovea.call('PATCH', `/v1/webhooks/${body.webhook.id}`, { key: stranger.key, body: { enabled: false } })).status).toBe(404);
    await dataset('here');
    await fovea.call('POST', '/v1/users', { body: { email: `new-${randomUUID()}@example.org` } });
    await expect.poll(() => heard.map((one) => JSON.parse(one.body).type).toSorted(), { timeout: 20_000 }).toEqual(['dataset.created', 'user.created']);
    const log = async () => (await fovea.call('GET', `/v1/deliveries?webhook=${body.webhook.id}`)).body.data;
    await expect.poll(async () => (await log()).map((one: any) => one.status), { timeout: 20_000 }).toEqual(['delivered', 'delivered']);
    await fovea.call('DELETE', `/v1/webhooks/${body.webhook.id}`);
  });
  test('webhooks.redeliverMany 200: a stretch is sent again, all or only what never arrived; the log tells every attempt; webhooks.redeliverMany 409 while switched off', async () => {
    const { webhook } = (await fovea.call('POST', '/v1/webhooks', { body: { project, url: url(), events: ['dataset.*'] } })).body;
    await dataset('one');
    await dataset('two');
    await expect.poll(() => heard.length, { timeout: 20_000 }).toBe(2);
    const log = async (query = '') => (await fovea.call('GET', `/v1/deliveries?project=${project}&webhook=${webhook.id}${query}`)).body.data;
    await expect.poll(async () => (await log('&status=delivered')).length, { timeout: 20_000 }).toBe(2);
    const path = `/v1/webhooks/${webhook.id}/redeliver`;
    expect((await fovea.call('POST', path, { body: { status: 'dead' } })).body).toEqual({ redelivered: 0, more: false });
    expect((await fovea.call('POST', path, { body: { to: '2020-01-01T00:00:00Z' } })).body).toEqual({ redelivered: 0, more: false });
    expect((await fovea.call('POST', path, { body: { from: '2020-01-01T00:00:00Z' } })).body).toEqual({ redelivered: 2, more: false });
    await expect.poll(() => heard.length, { timeout: 20_000 }).toBe(4);
    await expect.poll(async () => (await log('&status=delivered')).map((one: any) => one.log.length), { timeout: 20_000 }).toEqual([2, 2]);
    const [{ log: [attempt], payload }] = await log();
    expect(attempt).toMatchObject({ status: 200, error: null, response: 'heard', headers: { 'webhook-id': expect.any(String), 'webhook-signature': expect.stringMatching(/^v1,/) } });
    expect(JSON.parse(payload).type).toBe('dataset.created');
    await fovea.call('PATCH', `/v1/webhooks/${webhook.id}`, { body: { enabled: false } });
    expect((await fovea.call('POST', path, { body: {} })).status).toBe(409);
  });
  test('webhooks.create 400, webhooks.update 400: a type that there is not is refused with those that are near; wildcards stay', async () => {
    const create = (...events: string[]) => fovea.call('POST', '/v1/webhooks', { body: { project, url: url(), events } });
    const wrong = await create('task.*', 'task.complete', 'tsk.*');
    expect([wrong.status, wrong.body.errors.map((one: any) => one.path)]).toEqual([400, ['body.events.1', 'body.events.2']]);
    expect(wrong.body.errors[0].message).toMatch(/^"task.complete" is no type of event; near are task\.completed, task\./);
    expect(wrong.body.errors[1].message).toContain('task.*');
    const { status, body: { webhook } } = await create('*', 'session.*', 'command.failed');
    expect(status).toBe(201);
    const changed = await fovea.call('PATCH', `/v1/webhooks/${webhook.id}`, { body: { events: ['dataset.cretaed'] } });
    expect([changed.status, changed.body.errors[0].message]).toEqual([400, expect.stringContaining('dataset.created')]);
    await fovea.call('DELETE', `/v1/webhooks/${webhook.id}`);
  });
  test('every type that the program tells is one that webhooks can ask for', () => {
    const root = new URL('../', import.meta.url).pathname;
    const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !/\.test\.ts$|^testing\//.test(name));
    const said = new Set(sources.flatMap((name) => [...readFileSync(join(root, name), 'utf8').matchAll(/'([a-z]+\.(?:[a-z]+ed|ready))'/g)].map((match) => match[1] ?? '')));
    // Made of two parts where they are told.
    const composed = ['command.completed', 'command.failed'];
    const ofThings = [...said].filter((type) => eventWildcards.includes(type.replace(/\..*/, '.*')));
    expect([...ofThings, ...composed].toSorted()).toEqual(eventTypes.toSorted());
  });
  test('one that has failed for days is switched off, and that is told', async () => {
    const { db } = fovea.platform.engines;
    const { webhook } = (await fovea.call('POST', '/v1/webhooks', { body: { project, url: url(), events: ['dataset.*'] } })).body;
    answer = 500;
    await dataset('lost');
    const state = async () => (await fovea.call('GET', `/v1/webhooks?project=${project}`)).body.data[0];
    await expect.poll(async () => (await state()).failingSince, { timeout: 20_000 }).not.toBeNull();
    expect((await state()).enabled).toBe(true);
    await db.run(sql`update webhooks set failing_since = now() - interval '6 days' where id = ${webhook.id}`);
    const [{ id }] = (await fovea.call('GET', `/v1/deliveries?project=${project}`)).body.data;
    await fovea.call('POST', `/v1/deliveries/${id}/redeliver`);
    await expect.poll(state, { timeout: 20_000 }).toMatchObject({ enabled: false, notice: expect.stringContaining('every delivery failed') });
    const events = (await fovea.call('GET', `/v1/events/history?project=${project}&type=webhook.disabled`)).body.data;
    expect(events).toMatchObject([{ subject: { id: webhook.id }, actor: 'system@fovea', data: { url: url() } }]);
    answer = 200;
    expect((await fovea.call('PATCH', `/v1/webhooks/${webhook.id}`, { body: { enabled: true } })).body).toMatchObject({ enabled: true, notice: null, failingSince: null });
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
  /** The first event of the project. It is told once no older transaction runs any more, such as one of the background. */
  async function firstEvent(): Promise<{ seq: number }> {
    const history = async () => (await fovea.call('GET', `/v1/events/history?project=${project}`)).body.data;
    await expect.poll(async () => (await history()).length).toBe(1);
    return (await history())[0];
  }
  test('events.list 200 tells what happened, page by page', async () => {
    await dataset('a');
    await dataset('b');
    await expect.poll(async () => (await fovea.call('GET', `/v1/events/history?project=${project}`)).body.data.length).toBe(3);
    const first = (await fovea.call('GET', `/v1/events/history?project=${project}&limit=2`)).body;
    const second = (await fovea.call('GET', `/v1/events/history?project=${project}&limit=2&cursor=${first.next}`)).body;
    expect([...first.data, ...second.data].map((event: any) => event.type)).toEqual(['project.created', 'dataset.created', 'dataset.created']);
    expect(second.next).toBeNull();
  });
  test('an event of a transaction that commits late is told after those that were numbered later, and never passed over', async () => {
    const { db } = fovea.platform.engines;
    const { seq } = await firstEvent();
    const { org_id: orgId } = await db.one<{ org_id: string }>(sql`select org_id from projects where id = ${project}`);
    const record = (tx: Parameters<typeof emit>[0], type: string) => emit(tx, { type, orgId, projectId: project, subject: { kind: 'project', id: project }, actor: 'a@example.com' });
    const history = async (after: number) => (await fovea.call('GET', `/v1/events/history?project=${project}&after=${after}`)).body.data.map((one: any) => [one.type, one.seq]);
    const started = Promise.withResolvers<void>();
    const numbered = Promise.withResolvers<void>();
    const told = Promise.withResolvers<void>();
    // The first begins to write, the second takes the lower number and ends last.
    const first = db.tx(async (tx) => {
      await tx.run(sql`select pg_current_xact_id()`);
      started.resolve();
      await numbered.promise;
      await record(tx, 'test.quick');
    });
    await started.promise;
    const second = db.tx(async (tx) => {
      await record(tx, 'test.late');
      numbered.resolve();
      await told.promise;
    });
    await first;
    await expect.poll(async () => (await history(seq)).map(([type]: [string]) => type)).toEqual(['test.quick']);
    const [[, quick]] = await history(seq);
    told.resolve();
    await second;
    await expect.poll(async () => (await history(quick)).map(([type]: [string]) => type)).toEqual(['test.late']);
    expect((await history(quick))[0][1]).toBeLessThan(quick);
  });
  test('events.list 200: pages and positions go by the number of the transaction, not by its digits', async () => {
    const { db } = fovea.platform.engines;
    const { seq } = await firstEvent();
    await dataset('a');
    await dataset('b');
    const types = async (query: string) => (await fovea.call('GET', `/v1/events/history?project=${project}${query}`)).body;
    await expect.poll(async () => (await types('')).data.length).toBe(3);
    await db.run(sql`update events set xact = case seq when ${seq} then '9'::xid8 else '10'::xid8 end where project_id = ${project}`);
    expect((await types('')).data[0].type).toBe('project.created');
    const first = await types('&limit=1');
    expect((await types(`&limit=2&cursor=${first.next}`)).data.map((one: any) => one.data.name)).toEqual(['a', 'b']);
    expect((await types(`&after=${seq}`)).data.map((one: any) => one.data.name)).toEqual(['a', 'b']);
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
    const { seq } = await firstEvent();
    const live = read({}, 1);
    await new Promise((resolve) => setTimeout(resolve, 400));
    await dataset('live');
    expect(await live).toEqual(['dataset.created']);
    expect(await read({ 'last-event-id': String(seq) }, 1)).toEqual(['dataset.created']);
    const { id } = (await fovea.call('GET', `/v1/events/history?project=${project}`)).body.data[0];
    expect(await read({ 'last-event-id': id }, 1)).toEqual(['dataset.created']);
    expect((await fetch(`${fovea.url}/v1/events?project=${project}`, { headers: { authorization: `Bearer ${fovea.key}`, 'last-event-id': 'yesterday' } })).status).toBe(400);
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
  test('projects.update 200, projects.update 400: tasks that name no callback have that of their project called, others their own', async () => {
    const set = (callbackUrl: string | null) => fovea.call('PATCH', `/v1/projects/${project}`, { body: { callbackUrl } });
    const wrong = await set('nowhere');
    expect([wrong.status, wrong.body.errors]).toEqual([400, [{ path: 'body.callbackUrl', message: 'must be an http or https address, or an e-mail address' }]]);
    expect((await set(`${url()}?default`)).body.callbackUrl).toBe(`${url()}?default`);
    const { id } = (await dataset('called by default')).body;
    const { item } = (await fovea.call('POST', `/v1/datasets/${id}/items?path=/a.txt`, { body: 'a' })).body;
    const done = async (body: object) => {
      const task = (await fovea.call('POST', '/v1/tasks', { body: { project, item: item.id, ...body } })).body.id;
      const { lease } = (await fovea.call('POST', `/v1/projects/${project}/tasks/claim`, { body: { task } })).body;
      expect((await fovea.call('POST', `/v1/tasks/${task}/submit`, { body: { lease } })).status).toBe(200);
      return task as string;
    };
    const tasks = [await done({}), await done({ callbackUrl: `${url()}?own` })];
    expect((await set(null)).body.callbackUrl).toBeNull();
    tasks.push(await done({}));
    const told = async () => Object.fromEntries(await Promise.all(tasks.map(async (task) => [task, (await fovea.call('GET', `/v1/deliveries?subject=${task}`)).body.data.map((one: any) => [one.url, one.status])])));
    await expect.poll(told, { timeout: 30_000 }).toEqual({ [tasks[0] ?? '']: [[`${url()}?default`, 'delivered']], [tasks[1] ?? '']: [[`${url()}?own`, 'delivered']], [tasks[2] ?? '']: [] });
  });
});
