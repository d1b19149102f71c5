import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';
import { requestOrigin } from './request-origin.ts';
import { createHttpServer } from './server.ts';

test('the origin is that of the request that is being handled, also after a pause, and none outside of one', async () => {
  const app = createHttpServer(pino({ level: 'silent' }), createMetrics());
  app.post('/origin', async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { origin: requestOrigin() ?? null };
  });
  const ask = async (headers: Record<string, string>) => (await app.inject({ method: 'POST', url: '/origin', headers, payload: { a: 1 } })).json().origin;
  expect(await Promise.all(['fovea.lan:8080', '[::1]:80', '10.0.0.7'].map((host) => ask({ host })))).toEqual(['http://fovea.lan:8080', 'http://[::1]:80', 'http://10.0.0.7']);
  expect(await ask({ host: 'inner', 'x-forwarded-host': 'fovea.example.org', 'x-forwarded-proto': 'https' })).toBe('https://fovea.example.org');
  expect(await ask({ host: 'evil.example/path?' })).toBe(null);
  expect(requestOrigin()).toBe(undefined);
  await app.close();
});
