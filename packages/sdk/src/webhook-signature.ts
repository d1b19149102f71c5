import { FoveaError } from './errors.ts';

/** A delivery that did not come from the platform, or came too late. */
export class WebhookSignatureError extends FoveaError {
  override name = 'WebhookSignatureError';
}

/** Headers as Fetch has them, or as Node's http gives them. */
export type WebhookHeaders = Headers | Record<string, string | string[] | undefined>;

/**
 * Checks a delivery (Standard Webhooks 1.0): HMAC-SHA256 over `id.timestamp.body` under the secret, compared in constant time, and no older or
 * newer than the tolerance. Gives the parsed body. `body` must be the bytes as they came.
 */
export async function verifyWebhook(body: string | Uint8Array, headers: WebhookHeaders, secret: string, { toleranceSeconds = 300, nowMs = Date.now() } = {}): Promise<unknown> {
  const header = (name: string): string => {
    const value = headers instanceof Headers ? headers.get(name) : headers[name];
    if (typeof value !== 'string' || value === '') throw new WebhookSignatureError(`The header ${name} is missing.`);
    return value;
  };
  const [id, timestamp, signatures] = [header('webhook-id'), header('webhook-timestamp'), header('webhook-signature')];
  const age = nowMs / 1_000 - Number(timestamp);
  if (!/^\d+$/.test(timestamp) || Math.abs(age) > toleranceSeconds) throw new WebhookSignatureError('The timestamp lies outside the tolerance.');
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const prefix = new TextEncoder().encode(`${id}.${timestamp}.`);
  const message = new Uint8Array(prefix.length + bytes.length);
  message.set(prefix);
  message.set(bytes, prefix.length);
  const raw = Uint8Array.from(atob(secret.replace(/^whsec_/, '')), (char) => char.charCodeAt(0));
  const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
  for (const signature of signatures.split(' ')) {
    const [version, encoded = ''] = signature.split(',');
    if (version !== 'v1') continue;
    const given = decode(encoded);
    // The platform's own comparison, which takes the same time wherever the difference lies.
    if (given && (await crypto.subtle.verify('HMAC', key, given, message))) return JSON.parse(new TextDecoder().decode(bytes));
  }
  throw new WebhookSignatureError('No signature fits.');
}

function decode(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}
