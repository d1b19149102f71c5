// Tasks that came through the door, done and judged by people in a browser: what the door's customer is told of it.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Hand, person, signInAs } from '../../../packages/console/test/annotate-hand.ts';
import { adminKey, noBrowser, signIn, startConsole, type Console, type OpenPage } from '../../../packages/console/test/console.ts';
import { png } from '../../../packages/console/test/pictures.ts';

interface Callback {
  headers: IncomingHttpHeaders;
  body: any;
}

describe.skipIf(noBrowser)(`Scale's tasks in the console${noBrowser ? ` (${noBrowser})` : ''}`, { timeout: 60_000 }, () => {
  let site: Console;
  let opened: OpenPage;
  let customer: Server;
  let authKey: string;
  let picture: string;
  const received: Callback[] = [];
  const callbackUrl = () => `http://127.0.0.1:${(customer.address() as AddressInfo).port}/callback`;

  async function scale(method: string, path: string, body?: object): Promise<any> {
    const answer = await fetch(`${site.url}/scale/v1/${path}`, {
      method,
      headers: { authorization: `Basic ${Buffer.from(`${adminKey}:`).toString('base64')}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await answer.text();
    expect([answer.status, text]).toEqual([200, text]);
    return JSON.parse(text);
  }

  /** A project with the task in it, given out once its attachment is there; the ids that the console knows them by. */
  async function made(name: string, type: string, params: object, more: object = {}): Promise<{ id: string; project: string; task: string }> {
    await scale('POST', 'projects', { name, type, params: {} });
    const { task_id: id } = await scale('POST', `task/${type}`, { project: name, callback_url: callbackUrl(), instruction: `Do the **${name}**.`, ...params, ...more });
    const project = (await site.fovea.projects.list({ name }).toArray({ limit: 1 }))[0]?.id ?? '';
    const find = async () => (await site.fovea.tasks.query(project, {}).toArray({ limit: 10 }))[0];
    await expect.poll(async () => ((await find())?.attachment === null ? 'none' : (await find())?.itemId), { timeout: 20_000 }).toEqual(expect.any(String));
    return { id, project, task: (await find())?.id ?? '' };
  }

  const called = async (id: string, count = 1): Promise<Callback[]> => {
    const own = () => received.filter(({ body }) => body.task_id === id);
    await expect.poll(() => own().length, { timeout: 20_000 }).toBe(count);
    return own();
  };

  beforeAll(async () => {
    customer = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        received.push({ headers: request.headers, body: JSON.parse(Buffer.concat(parts).toString('utf8')) });
        response.end('ok');
      });
    });
    await new Promise<void>((resolve) => void customer.listen(0, '127.0.0.1', resolve));
    site = await startConsole({ FOVEA_ALLOW_PRIVATE_NETWORK: 'true' });
    const { door } = await site.fovea.keys.create({ name: 'customer', door: 'scale' });
    authKey = String(door?.['callbackAuthKey']);
    const form = new FormData();
    form.append('file', new Blob([new Uint8Array(png(320, 200, [40, 90, 160]))]), 'street.png');
    const answer = await fetch(`${site.url}/scale/v1/files/upload`, { method: 'POST', headers: { authorization: `Bearer ${adminKey}` }, body: form });
    picture = ((await answer.json()) as { attachment_url: string }).attachment_url;
    opened = await site.open();
    await signIn(opened.page);
  }, 120_000);
  afterAll(async () => {
    await site?.close();
    customer?.closeAllConnections();
    customer?.close();
  });

  test('boxes are drawn on the picture, with what was asked about each', async () => {
    const { id, project } = await made('boxes', 'imageannotation', { attachment: picture, geometries: { box: { objects_to_annotate: ['car', 'tree'] } } });
    const hand = new Hand(opened.page, { width: 320, height: 200 });
    await hand.open(`/projects/${project}/next`);
    await hand.press('1', 'b');
    await hand.drag([40, 40], [120, 100]);
    await hand.saved();
    expect((await scale('GET', `task/${id}`)).status).toBe('pending');
    await hand.press('Control+Enter');
    const [{ headers, body } = { headers: {}, body: {} }] = await called(id);
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'scale-callback-auth': authKey });
    expect(body).toMatchObject({ status: 'completed', task: { task_id: id, status: 'completed', project: 'boxes', customer_review_status: 'pending', params: { attachment: picture } } });
    const [box] = body.response.annotations;
    expect([box.type, box.label, box.left, box.top, box.width, box.height].map((value) => (typeof value === 'number' ? Math.round(value) : value))).toEqual(['box', 'car', 40, 40, 80, 60]);
    const shown = await scale('GET', `task/${id}`);
    expect([shown.response, shown.work_started]).toEqual([body.response, true]);
    await expect.poll(async () => (await scale('GET', `task/${id}`)).callback_succeeded).toBe(true);
  });

  test('a question is answered by the form', async () => {
    const { id, task } = await made('question', 'categorization', { attachment: 'A house', attachment_type: 'text', categories: ['public', 'private'], category_ids: { a: 'public', b: 'private' } });
    const { page } = opened;
    await page.goto(`/tasks/${task}`);
    await page.getByText('Do the question.').waitFor();
    await page.getByLabel('private').check();
    await page.getByRole('button', { name: 'Submit' }).click();
    const [answered] = await called(id);
    expect(answered?.body.response).toEqual({ category: 'private', category_id: 'b' });
  });

  test('handed in, reviewed and accepted: only then is it completed, and the customer sees the verdict', async () => {
    await scale('POST', 'projects', { name: 'reviewed', type: 'imageannotation', params: { geometries: { box: { objects_to_annotate: ['car'] } } } });
    await scale('POST', 'batches', { project: 'reviewed', name: 'reviewed', callback: callbackUrl() });
    const { id, project } = await madeIn('reviewed');
    const [batch] = await site.fovea.batches.list({ project }).toArray({ limit: 1 });
    await site.fovea.batches.update(batch?.id ?? '', { settings: { reviewShare: 1 } });
    await person(site, project, 'ann@example.org', 'annotator');
    const ann = await site.open();
    await signInAs(ann.page, 'ann@example.org');
    const hand = new Hand(ann.page, { width: 320, height: 200 });
    await hand.open(`/projects/${project}/next?batch=${batch?.id}`);
    await hand.press('1', 'b');
    await hand.drag([10, 10], [100, 100]);
    await hand.saved();
    await hand.press('Control+Enter');
    await expect.poll(async () => (await scale('GET', `task/${id}`)).work_started).toBe(true);
    expect((await scale('GET', `task/${id}`)).status).toBe('pending');
    const reviewer = new Hand(opened.page, { width: 320, height: 200 });
    await reviewer.open(`/projects/${project}/next?batch=${batch?.id}&review=true`);
    await reviewer.press('Control+Enter');
    await expect.poll(async () => (await scale('GET', `task/${id}`)).status, { timeout: 20_000 }).toBe('completed');
    const shown = await scale('GET', `task/${id}`);
    expect([shown.customer_review_status, shown.audits[0].audit_result, shown.response.annotations.length]).toEqual(['accepted', 'accepted', 1]);
    await called(id);
    await expect.poll(() => received.filter(({ body }) => body.batch?.name === 'reviewed').length, { timeout: 20_000 }).toBe(1);
    expect((await scale('GET', 'batches/reviewed/status'))).toMatchObject({ status: 'completed', completed: 1, pending: 0 });
  });

  async function madeIn(batch: string): Promise<{ id: string; project: string }> {
    const { task_id: id } = await scale('POST', 'task/imageannotation', { batch, attachment: picture, callback_url: callbackUrl() });
    const project = (await site.fovea.projects.list({ name: batch }).toArray({ limit: 1 }))[0]?.id ?? '';
    await expect.poll(async () => (await site.fovea.tasks.query(project, {}).toArray({ limit: 1 }))[0]?.itemId, { timeout: 20_000 }).toEqual(expect.any(String));
    return { id, project };
  }

  test('nothing broke on the way', () => expect(opened.faults).toEqual([]));
});
