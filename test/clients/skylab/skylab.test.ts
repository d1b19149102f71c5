// The protocol's published client, unmodified, against a platform of this test. Each check of the program is an assertion here.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../../packages/server/src/testing/platform.ts';
import { pythonWith } from '../python.ts';
import { runChecks } from '../run-checks.ts';
import { writePhotos } from './photos.ts';

let fovea: TestPlatform;
let folder: string;

beforeAll(async () => {
  fovea = await startTestPlatform();
  folder = mkdtempSync(join(tmpdir(), 'fovea-skylab-'));
});
afterAll(async () => {
  await fovea.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Its own pin of pyvips lacks what it uses for backgrounds, and sentry-sdk is one that it does not declare. */
const libraries = ['pyvips[binary]==3.2.0', 'aiohttp>=3.9.3', 'requests>=2.0.0', 'sentry-sdk>=2,<3'];
const checks = 20;

describe('skylab_studio 0.0.15', () => {
  const found = pythonWith(libraries, ['skylab_studio==0.0.15']);
  test.skipIf('missing' in found)(`${checks} checks pass${'missing' in found ? `: needs ${found.missing}` : ''}`, { timeout: 600_000 }, async () => {
    const photos = join(folder, 'photos');
    const settings = { url: fovea.url, key: fovea.key, otherKey: (await fovea.person({ admin: true })).key, folder, photos, portrait: await writePhotos(photos) };
    // The client reports to its maker's Sentry; a proxy that is not there keeps it from doing so.
    const env = { SKYLAB_API_URL: `${fovea.url}/skylab`, https_proxy: 'http://127.0.0.1:9', no_proxy: '127.0.0.1' };
    const { passed, failed } = await runChecks('python' in found ? found.python : '', ['client.py'], { cwd: import.meta.dirname, settings, env });
    expect(failed).toEqual([]);
    expect(passed).toHaveLength(checks);
  });
});
