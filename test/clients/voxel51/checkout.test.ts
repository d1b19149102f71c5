// The real client, unmodified, where a checkout of it is at hand: `CLIENT_PATH=/path/to/api-py npm test -- test/clients/voxel51`. It is in no
// package registry; replay.test.ts sends the same traffic where there is none.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startTestPlatform } from '../../../packages/server/src/testing/platform.ts';
import { runCheckout } from './checkout.ts';

const checkout = process.env['CLIENT_PATH'];

test('a checkout of the client is asked for by CLIENT_PATH', () => {
  expect(typeof checkout === 'string' || checkout === undefined).toBe(true);
});

if (checkout !== undefined) {
  test('the checks of client.py pass', { timeout: 600_000 }, async () => {
    const fovea = await startTestPlatform();
    const folder = mkdtempSync(join(tmpdir(), 'fovea-voxel51-'));
    try {
      const { passed, failed } = await runCheckout(checkout, fovea, folder);
      expect(failed).toEqual([]);
      expect(passed).toHaveLength(13);
    } finally {
      await fovea.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
