import { createHash } from 'node:crypto';
import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { startTestPlatform } from '../../testing/platform.ts';

test('commands.cancel 200: a command that nobody has begun is stopped, and does nothing when a worker comes', async () => {
  const fovea = await startTestPlatform({ working: false });
  try {
    const project = (await fovea.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
    const dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
    await fovea.call('POST', `/v1/datasets/${dataset}/items?path=/a`, { body: 'a' });
    const removal = (await fovea.call('POST', `/v1/datasets/${dataset}/items/delete`, { body: { filter: {} } })).body;
    expect((await fovea.call('POST', `/v1/commands/${removal.id}/cancel`)).body).toMatchObject({ status: 'cancelled', progress: 0 });
    // What it was to work on goes with it: an archive that is to be de-identified is not kept.
    const bytes = zipSync({ 'name of a patient.txt': Buffer.from('a') });
    const unpacking = (await fovea.call('POST', `/v1/datasets/${dataset}/items/import-archive?deidentify=true`, { body: bytes })).body;
    const kept = () => fovea.platform.engines.blobs.stat(createHash('sha256').update(bytes).digest('hex'));
    expect((await fovea.call('POST', `/v1/commands/${unpacking.id}/cancel`)).body.status).toBe('cancelled');
    expect(await kept()).toBeDefined();
    await fovea.platform.startWorking();
    await expect.poll(kept).toBeUndefined();
    expect((await fovea.call('GET', `/v1/datasets/${dataset}`)).body.itemCount).toBe(1);
  } finally {
    await fovea.close();
  }
});
