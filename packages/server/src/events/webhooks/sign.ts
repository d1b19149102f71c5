import { createHmac } from 'node:crypto';

/**
 * The headers of Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`, base64, under each secret (`whsec_` and base64); two while a
 * secret is being changed.
 */
export function standardHeaders(message: { id: string; body: string; secrets: readonly string[]; nowMs?: number }): Record<string, string> {
  const timestamp = Math.floor((message.nowMs ?? Date.now()) / 1_000).toString();
  const signatures = message.secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    return `v1,${createHmac('sha256', key).update(`${message.id}.${timestamp}.${message.body}`).digest('base64')}`;
  });
  return { 'webhook-id': message.id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
