// The protocol's published client, unmodified, against a platform of this test. Each check of the program is an assertion here.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../../packages/server/src/testing/platform.ts';
import { pythonWith } from '../python.ts';
import { runChecks } from '../run-checks.ts';
import { writePhotos, type PortraitFacts } from './photos.ts';

let fovea: TestPlatform;
let folder: string;
let portrait: PortraitFacts | undefined;

beforeAll(async () => {
  fovea = await startTestPlatform();
  folder = mkdtempSync(join(tmpdir(), 'fovea-skylab-'));
});
afterAll(async () => {
  await fovea.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The client, its key and another account's, and the photos, for a program of checks. Each has an account of its own. */
async function settingsFor() {
  const photos = join(folder, 'photos');
  portrait ??= await writePhotos(photos);
  const { key } = await fovea.person({ admin: true });
  return { url: fovea.url, key, secret: key, otherKey: (await fovea.person({ admin: true })).key, folder, photos, portrait };
}
const addresses = () => ({ SKYLAB_API_URL: `${fovea.url}/skylab` });

/** Its own pin of pyvips lacks what it uses for backgrounds, and sentry-sdk is one that it does not declare. */
const libraries = ['pyvips[binary]==3.2.0', 'aiohttp>=3.9.3', 'requests>=2.0.0', 'sentry-sdk>=2,<3'];

describe('skylab_studio 0.0.15', () => {
  const found = pythonWith(libraries, ['skylab_studio==0.0.15']);
  test.skipIf('missing' in found)(`20 checks pass${lack(found)}`, { timeout: 600_000 }, async () => {
    // The client reports to its maker's Sentry; a proxy that is not there keeps it from doing so.
    const env = { ...addresses(), https_proxy: 'http://127.0.0.1:9', no_proxy: '127.0.0.1' };
    const { passed, failed } = await runChecks('python' in found ? found.python : '', ['client.py'], { cwd: import.meta.dirname, settings: await settingsFor(), env });
    expect(failed).toEqual([]);
    expect(passed).toHaveLength(20);
  });
});

function lack(found: object): string {
  return 'missing' in found ? `: needs ${String(found.missing)}` : '';
}
