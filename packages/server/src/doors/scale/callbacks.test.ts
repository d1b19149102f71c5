// Where callbacks go: to the task's place, else to the account's; by HTTP, or as mail.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { noMailer, type Mail, type Mailer } from '../../engines/mail/mail.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let receiver: Server;
let place: string;
const received: { path: string | undefined; body: any }[] = [];
const mails: Mail[] = [];
/** To this address the platform cannot send: as one that has no mail server. */
const unreachable = 'nobody@example.com';
const mailer: Mailer = { send: async (mail) => (mail.to === unreachable ? noMailer.send(mail) : void mails.push(mail)) };

beforeAll(async () => {
  fovea = await startTestPlatform({ mailer });
  receiver = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      received.push({ path: request.url, body: JSON.parse(Buffer.concat(parts).toString('utf8')) });
      response.end();
    });
  });
  await new Promise<void>((resolve) => void receiver.listen(0, '127.0.0.1', resolve));
  place = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await fovea.close();
});

async function scale(method: string, path: string, body?: unknown): Promise<any> {
  const headers = { authorization: `Basic ${Buffer.from(`${fovea.key}:`).toString('base64')}`, 'content-type': 'application/json' };
  return (await fovea.call(method, `/scale/v1/${path}`, { key: null, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })).body;
}

const asked = { attachment: 'A house', attachment_type: 'text', categories: ['public', 'private'] };
const wait = { timeout: 30_000 };

/** Has the task of a project done by a person; gives its native id. */
async function done(projectName: string, batch = false): Promise<string> {
  const project = (await fovea.call('GET', '/v1/projects?limit=1000')).body.data.find((one: any) => one.name === projectName);
  const { task, lease } = (await fovea.call('POST', `/v1/projects/${project.id}/tasks/claim`, { body: {} })).body;
  expect(task.batchId === null).toBe(!batch);
  expect((await fovea.call('POST', `/v1/tasks/${task.id}/submit`, { body: { lease, response: { category: 'public' } } })).status).toBe(200);
  return task.id;
}

const callbacksOf = (id: string) => received.filter(({ body }) => body.task_id === id);

test("an account's own place is called for tasks that name none, and that of the task for those that do", async () => {
  const first = await scale('POST', 'task/categorization', asked);
  const account = (await fovea.call('GET', '/v1/projects?name=Scale')).body.data[0];
  expect((await fovea.call('PATCH', `/v1/projects/${account.id}`, { body: { callbackUrl: `${place}/account` } })).status).toBe(200);
  await done('Scale');
  await expect.poll(() => callbacksOf(first.task_id).map(({ path, body }) => [path, body.status]), wait).toEqual([['/account', 'completed']]);
  await expect.poll(async () => (await scale('GET', `task/${first.task_id}`)).callback_succeeded, wait).toBe(true);
  expect((await scale('POST', `task/${first.task_id}/send_callback`)).task_id).toBe(first.task_id);
  await expect.poll(() => callbacksOf(first.task_id).length, wait).toBe(2);
  const second = await scale('POST', 'task/categorization', { ...asked, callback_url: `${place}/own` });
  await done('Scale');
  await expect.poll(() => callbacksOf(second.task_id).map(({ path }) => path), wait).toEqual(['/own']);
});

test('an e-mail address receives the same JSON as mail, of a task and of a batch', async () => {
  await scale('POST', 'projects', { name: 'mailed', type: 'categorization' });
  await scale('POST', 'batches', { project: 'mailed', name: 'mailed batch', callback: 'batch@example.com' });
  const { task_id: id } = await scale('POST', 'task/categorization', { ...asked, batch: 'mailed batch', callback_url: 'ada@example.com' });
  await done('mailed', true);
  await expect.poll(() => mails.map(({ to }) => to).toSorted(), wait).toEqual(['ada@example.com', 'batch@example.com']);
  const body = (to: string) => JSON.parse(mails.find((mail) => mail.to === to)?.text ?? '');
  expect(body('ada@example.com')).toMatchObject({ task_id: id, status: 'completed', response: { category: 'public' }, task: { task_id: id } });
  expect(body('batch@example.com')).toMatchObject({ batch: { name: 'mailed batch', status: 'completed' }, status: { completed: 1 } });
  await expect.poll(async () => (await scale('GET', `task/${id}`)).callback_succeeded, wait).toBe(true);
});

test('mail that cannot be sent is told: the task says that it failed, the log of deliveries why', async () => {
  await scale('POST', 'projects', { name: 'no mail', type: 'categorization' });
  const { task_id: id } = await scale('POST', 'task/categorization', { ...asked, project: 'no mail', callback_url: unreachable });
  const task = await done('no mail');
  await expect.poll(async () => (await scale('GET', `task/${id}`)).callback_succeeded, wait).toBe(false);
  const [delivery] = (await fovea.call('GET', `/v1/deliveries?subject=${task}`)).body.data;
  expect(delivery).toMatchObject({ status: 'dead', url: `mailto:${unreachable}`, attempts: 1, lastError: expect.stringContaining('FOVEA_SMTP_URL') });
});

test('completed work that is taken back is pending again, its batch goes on, and the customer is told', async () => {
  await scale('POST', 'projects', { name: 'recalled', type: 'categorization' });
  await scale('POST', 'batches', { project: 'recalled', name: 'recalled batch' });
  const { task_id: id } = await scale('POST', 'task/categorization', { ...asked, batch: 'recalled batch', callback_url: `${place}/recalled` });
  const task = await done('recalled', true);
  expect((await scale('GET', 'batches/recalled%20batch')).status).toBe('completed');
  await scale('POST', `task/${id}/audit`, { accepted: true });
  expect((await fovea.call('POST', `/v1/tasks/${task}/reopen`, { body: { comment: 'Look again.' } })).status).toBe(200);
  const shown = await scale('GET', `task/${id}`);
  expect([shown.status, Object.keys(shown).filter((key) => ['response', 'completed_at', 'customer_review_status'].includes(key))]).toEqual(['pending', []]);
  expect((await scale('GET', 'batches/recalled%20batch/status'))).toMatchObject({ status: 'in_progress', pending: 1, completed: 0 });
  await done('recalled', true);
  expect(await scale('GET', `task/${id}`)).toMatchObject({ status: 'completed', customer_review_status: 'pending', response: { category: 'public' } });
  await expect.poll(() => callbacksOf(id).map(({ body }) => [body.status, body.task.customer_review_status ?? null, body.response === null]), wait)
    .toEqual([['completed', 'pending', false], ['completed', 'accepted', false], ['pending', null, true], ['completed', 'pending', false]]);
});
