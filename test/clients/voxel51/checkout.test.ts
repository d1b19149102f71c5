// The real clients, unmodified, where a checkout of one is at hand: `CLIENT_PATH=/path/to/api-py npm test -- test/clients/voxel51`, or api-js. They
// are in no package registry; replay.test.ts sends the same traffic where there is none.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { startTestPlatform } from '../../../packages/server/src/testing/platform.ts';
import { runCheckout } from './checkout.ts';

const checkout = process.env['CLIENT_PATH'];

test('a checkout of the client is asked for by CLIENT_PATH', () => {
  expect(typeof checkout === 'string' || checkout === undefined).toBe(true);
});

for (const path of checkout === undefined ? [] : [checkout]) {
  test(`the checks of the client pass: ${basename(path)}`, { timeout: 600_000 }, async () => {
    const fovea = await startTestPlatform();
    const folder = mkdtempSync(join(tmpdir(), 'fovea-voxel51-'));
    try {
      const { passed, failed, expected } = await runCheckout(path, fovea, folder);
      expect(failed).toEqual([]);
      expect(passed).toHaveLength(expected);
    } finally {
      await fovea.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
