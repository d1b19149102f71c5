// The vendor's clients, unmodified, against a platform of this test. Each check of a program is an assertion here.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../../packages/server/src/testing/platform.ts';
import { runChecks } from '../run-checks.ts';
import { clientOf, newestClient, type Client } from './environment.ts';

let fovea: TestPlatform;
beforeAll(async () => {
  fovea = await startTestPlatform();
});
afterAll(() => fovea.close());


const lack = (client: Client): string => ('missing' in client ? `: ${client.missing}` : '');

// `datamintapi`, the guide's name of the client, is an empty package in the registry: 1.2.4 is the oldest release that is there.
const clients: [name: string, client: Client, program: string, checks: number][] = [
  ['datamint 2.45.0', newestClient(), 'newest.py', 23],
  ['datamint 2.29.0', clientOf('datamint==2.29.0'), 'newest.py', 23],
  ['datamint 1.2.4 as datamintapi', clientOf('datamint==1.2.4'), 'guide.py', 12],
];

describe.each(clients)('%s', (_name, client, program, checks) => {
  test.skipIf('missing' in client)(`${checks} checks pass${lack(client)}`, { timeout: 900_000 }, async () => {
    // Each program has an organisation of its own, and one to be kept out of.
    const [own, other] = [await fovea.person({ admin: true }), await fovea.person({ admin: true })];
    const settings = { url: fovea.url, key: own.key, otherKey: other.key, mark: own.userId };
    const { python, env } = client as Extract<Client, { python: string }>;
    const { passed, failed } = await runChecks(python, [program], { cwd: import.meta.dirname, settings, env });
    expect(failed).toEqual([]);
    expect(passed).toHaveLength(checks);
  });
});
