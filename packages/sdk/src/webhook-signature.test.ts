import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { verifyWebhook, WebhookSignatureError } from './webhook-signature.ts';

const secret = `whsec_${Buffer.from('a secret of thirty-two bytes ...').toString('base64')}`;
const nowMs = 1_800_000_000_000;
const body = '{"type":"item.created","name":"ü"}';

function sign(text = body, options: { at?: number; secret?: string } = {}): Record<string, string> {
  const timestamp = String(Math.floor((options.at ?? nowMs) / 1000));
  const key = Buffer.from((options.secret ?? secret).replace('whsec_', ''), 'base64');
  return { 'webhook-id': 'msg_1', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${createHmac('sha256', key).update(`msg_1.${timestamp}.${text}`).digest('base64')}` };
}

test('a delivery that is as it was sent is read', async () => {
  expect(await verifyWebhook(body, sign(), secret, { nowMs })).toEqual({ type: 'item.created', name: 'ü' });
  expect(await verifyWebhook(Buffer.from(body), new Headers(sign()), secret, { nowMs })).toEqual({ type: 'item.created', name: 'ü' });
});

test('the example of the specification holds', async () => {
  // Standard Webhooks 1.0, reference implementations' shared test vector.
  const headers = { 'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek', 'webhook-timestamp': '1614265330', 'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=' };
  expect(await verifyWebhook('{"test": 2432232314}', headers, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', { nowMs: 1_614_265_330_000 })).toEqual({ test: 2432232314 });
});

test('during a change of secrets one fitting signature is enough', async () => {
  const headers = sign();
  headers['webhook-signature'] = `v1,${Buffer.alloc(32).toString('base64')} v2,abc v1,%%% ${headers['webhook-signature']}`;
  expect(await verifyWebhook(body, headers, secret, { nowMs })).toHaveProperty('type', 'item.created');
});

test.each([
  ['another body', `${body} `, sign()],
  ['another secret', body, sign(body, { secret: `whsec_${Buffer.from('other').toString('base64')}` })],
  ['an old timestamp', body, sign(body, { at: nowMs - 301_000 })],
  ['a timestamp to come', body, sign(body, { at: nowMs + 301_000 })],
  ['a timestamp that was changed', body, { ...sign(body, { at: nowMs - 60_000 }), 'webhook-timestamp': String(nowMs / 1000) }],
  ['no signature', body, { ...sign(), 'webhook-signature': '' }],
  ['another version only', body, { ...sign(), 'webhook-signature': sign()['webhook-signature']!.replace('v1', 'v1a') }],
])('%s is refused', async (_, text, headers) => {
  await expect(verifyWebhook(text, headers, secret, { nowMs })).rejects.toThrow(WebhookSignatureError);
});
