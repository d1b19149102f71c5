import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { indexFrames } from '../../media/video/frame-index.ts';
import { clips, hasFfmpeg } from '../../media/video/test-clips.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let dataset: string;
const folder = mkdtempSync(join(tmpdir(), 'fovea-frames-'));
beforeAll(async () => {
  fovea = await startTestPlatform();
  const project = (await fovea.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
});
afterAll(async () => {
  await fovea?.close();
  rmSync(folder, { recursive: true, force: true });
});

const upload = async (name: string, body: Buffer) =>
  (await fovea.call('POST', `/v1/datasets/${dataset}/items?path=/${name}`, { body, headers: { 'content-type': 'application/octet-stream' } })).body.item.id;

test.skipIf(!hasFfmpeg)('items.frameIndex 200 gives the frames that the file has, items.frameIndex 415 refuses what is no video', async () => {
  const path = clips.editList(folder);
  const id = await upload('cut.mp4', readFileSync(path));
  await fovea.probed(id);
  const index = await indexFrames(path);
  const { status, body } = await fovea.call('GET', `/v1/items/${id}/frame-index`);
  expect(status).toBe(200);
  expect(body).toMatchObject({ count: index.count, ticksPerSecond: index.ticksPerSecond, packetCount: index.packetCount, times: [...index.times], packets: [...index.packets] });
  expect(body.count).toBeLessThan(body.packetCount);
  const text = await upload('a.txt', Buffer.from('text'));
  await fovea.probed(text);
  const refused = await fovea.call('GET', `/v1/items/${text}/frame-index`);
  expect([refused.status, refused.body.code]).toEqual([415, 'unsupported_media']);
});
