import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../testing/platform.ts';

/** A platform for a test file, and for each test a project of its own with a dataset and a picture of 200 × 100. */
export interface LabelingWorld {
  fovea: TestPlatform;
  orgId: string;
  project: string;
  dataset: string;
  item: string;
  /** Another picture of that size. */
  upload(path: string): Promise<string>;
}

/** Declares the set-up of a test file; what it gives is filled in before each test. */
export function labelingWorld(): LabelingWorld {
  const world = {
    project: '',
    dataset: '',
    item: '',
    orgId: '',
    async upload(path: string): Promise<string> {
      const background = { r: Math.floor(Math.random() * 255), g: 9, b: 9 };
      const bytes = await sharp({ create: { width: 200, height: 100, channels: 3, background } }).png().toBuffer();
      const { id } = (await world.fovea.call('POST', `/v1/datasets/${world.dataset}/items?path=${path}`, { body: bytes })).body.item;
      await world.fovea.probed(id);
      return id;
    },
  } as LabelingWorld;
  beforeAll(async () => {
    world.fovea = await startTestPlatform();
    world.orgId = (await world.fovea.call('GET', '/v1/me')).body.organization.id;
  });
  afterAll(() => world.fovea.close());
  beforeEach(async () => {
    world.project = (await world.fovea.call('POST', '/v1/projects', { body: { name: `p ${Math.random()}` } })).body.id;
    world.dataset = (await world.fovea.call('POST', '/v1/datasets', { body: { project: world.project, name: 'd' } })).body.id;
    world.item = await world.upload('/a.png');
  });
  return world;
}
