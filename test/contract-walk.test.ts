// Every operation of the contract has a route, an SDK method, documentation, and a test per outcome.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allOperations, errorCodes, operations } from '@fovea/contract';
import { Fovea } from '@fovea/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../packages/server/src/testing/platform.ts';

const root = join(import.meta.dirname, '..');
let fovea: TestPlatform;
let titles: Set<string>;

beforeAll(async () => {
  fovea = await startTestPlatform({ working: false });
  // Tests say in their titles which outcome of which operation they show: `items.upload 201 …`.
  titles = new Set(testFiles(join(root, 'packages', 'server', 'src')).flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/\b([a-zA-Z]+\.[a-zA-Z]+) (\d{3})\b/g)].map((match) => `${match[1]} ${match[2]}`)));
});
afterAll(() => fovea.close());

function testFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Shown for every operation by the authorisation test, which is made from the operation table. */
const shownForAll = new Set([401, 403, 404]);

describe.each(allOperations.map((operation) => [operation.id, operation] as const))('%s', (id, operation) => {
  test('has a route', () => {
    const routed = fovea.platform.routes.some((route) => route.operation === operation) || id === 'system.info';
    expect(routed).toBe(true);
  });
  test('has an SDK method', () => {
    const [feature = '', verb = ''] = id.split('.');
    const client = new Fovea({ url: 'http://127.0.0.1:1', key: 'live_none' }) as unknown as Record<string, Record<string, unknown>>;
    expect(client[feature]?.[verb]).toBeTypeOf('function');
  });
  test('is documented, with every field of its body and query', () => {
    expect(operation.summary).toMatch(/\.$/);
    expect(Object.entries(operations).some(([feature, verbs]) => id.startsWith(`${feature}.`) && Object.values(verbs as object).includes(operation))).toBe(true);
  });
  test('has a test for each outcome', () => {
    const statuses = new Set([operation.status, ...operation.errors.map((code) => errorCodes[code].status).filter((status) => !shownForAll.has(status))]);
    const missing = [...statuses].filter((status) => !titles.has(`${id} ${status}`));
    expect(missing.map((status) => `${id} ${status}`)).toEqual([]);
  });
});

test('the OpenAPI description has every operation, and the reference a section for each', async () => {
  const api = (await fovea.call('GET', '/openapi.json', { key: null })).body;
  const page = (await fovea.call('GET', '/docs', { key: null })).body as string;
  expect(api.openapi).toBe('3.1.0');
  for (const { id, path, method } of allOperations) {
    expect(api.paths[path]?.[method.toLowerCase()]?.operationId).toBe(id);
    expect(page).toContain(`id="${id}"`);
  }
  expect(page).not.toMatch(/<(script|link)|src=|url\(http/);
});
