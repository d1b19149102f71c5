// The vendor's client, unmodified, against a platform of this test: the newest one, and the one that the guide was written with.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../../packages/server/src/testing/platform.ts';
import { pythonWith } from '../python.ts';
import { runChecks } from '../run-checks.ts';

let fovea: TestPlatform;
let settings: { url: string; token: string; otherToken: string; email: string };

beforeAll(async () => {
  fovea = await startTestPlatform();
  const credentials = async (key: string) => {
    const { body } = await fovea.call('POST', '/v1/keys', { key, body: { name: 'client', door: 'dataloop' } });
    return body.door.token as string;
  };
  const other = await fovea.person({ admin: true });
  settings = { url: fovea.url, token: await credentials(fovea.key), otherToken: await credentials(other.key), email: (await fovea.call('GET', '/v1/me')).body.user.email };
});
afterAll(() => fovea.close());

/** The second one sends the names of enumerations for their values on Python 3.11 and newer; it needs parts of its time. */
const clients = [
  ['the newest dtlpy', ['dtlpy', 'opencv-python-headless']],
  ['dtlpy 1.64.9', ['dtlpy==1.64.9', 'opencv-python-headless', 'urllib3<2', 'setuptools<81']],
] as const;
const checks = [['guide.py', 22], ['files.py', 17], ['annotations.py', 18], ['work.py', 10]] as const;
const programs = [...clients.flatMap((client) => checks.map(([program, count]) => [program, client, count] as const)), ['thousand.py', clients[0], 6] as const, ['customer.py', clients[0], 5] as const];

describe.each(programs)('%s', (program, [name, packages], checks) => {
  const found = pythonWith(packages);
  test.skipIf('missing' in found)(`${name}: ${checks} checks pass${'missing' in found ? ` (${found.missing})` : ''}`, { timeout: 600_000 }, async () => {
    const { passed, failed } = await runChecks('python' in found ? found.python : '', [program], { cwd: import.meta.dirname, settings: { ...settings, mark: `${name} ${program}` } });
    expect(failed).toEqual([]);
    expect(passed).toHaveLength(checks);
  });
});
