import { randomUUID } from 'node:crypto';
import { drawPortrait, type Portrait } from '@fovea/analytics/test-support/portraits.ts';
import { raw, type Raw } from '@fovea/analytics/test-support/pictures.ts';
import sharp, { type Metadata } from 'sharp';
import { afterAll, beforeAll } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../../../testing/platform.ts';

/** A profile that changes nothing. */
export const off = { enable_color: false, enable_crop: false };

/** What came of one photo. */
export interface Output {
  /** The decoded picture. */
  picture: Raw;
  metadata: Metadata;
  mediaType: string;
  bytes: Buffer;
  /** What the photo says of itself: `imageData.metadata`. */
  report: any;
  job: any;
}

/** The door, as a client uses it: a profile, a job, a photo up, the output down. */
export interface Studio {
  fovea: TestPlatform;
  call(method: string, path: string, body?: object): Promise<{ status: number; body: any }>;
  /** A complete job of one photo by a profile of these fields. */
  processed(fields: object, photo: Uint8Array, name?: string): Promise<any>;
  output(fields: object, photo: Uint8Array, name?: string): Promise<Output>;
}

export async function openStudio(): Promise<Studio> {
  const fovea = await startTestPlatform();
  const call: Studio['call'] = async (method, path, body) => {
    const headers = { 'x-slt-api-key': fovea.key, 'content-type': 'application/json' };
    const answer = await fetch(`${fovea.url}/skylab/api/public/v1${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    return { status: answer.status, body: await answer.json() };
  };

  async function processed(fields: object, photo: Uint8Array, name = 'photo.png'): Promise<any> {
    const profile = await call('POST', '/profiles', { name: 'profile', ...fields });
    if (profile.status !== 201) throw new Error(JSON.stringify(profile.body));
    const { id } = (await call('POST', '/jobs', { name: randomUUID(), profile_id: profile.body.id })).body;
    const made = (await call('POST', '/photos', { job_id: id, name })).body;
    const { url } = (await call('GET', `/photos/upload_url?photo_id=${made.id}`)).body;
    const put = await fetch(url, { method: 'PUT', body: photo as BodyInit });
    if (put.status !== 200) throw new Error(await put.text());
    await call('POST', `/jobs/${id}/queue`);
    for (;;) {
      const { body: job } = await call('GET', `/jobs/${id}`);
      if (job.state === 'complete') return job;
      if (job.state === 'error') throw new Error(job.errors.join(' '));
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  }

  return {
    fovea,
    call,
    processed,
    async output(fields, photo, name) {
      const job = await processed(fields, photo, name);
      const answer = await fetch(job.photos[0].retouchedUrl);
      const bytes = Buffer.from(await answer.arrayBuffer());
      return { picture: await raw(bytes), metadata: await sharp(bytes).metadata(), mediaType: answer.headers.get('content-type') ?? '', bytes, report: job.photos[0].imageData.metadata, job };
    },
  };
}

/** A picture whose pixels are a function of their place. */
export async function paint(width: number, height: number, colour: (x: number, y: number) => readonly [number, number, number]): Promise<Buffer> {
  const data = Buffer.alloc(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set(colour(i % width, Math.floor(i / width)), i * 3);
  return sharp(data, { raw: { width, height, channels: 3 } }).png().toBuffer();
}

/** The middle and the size of the pixels that are so coloured. */
export function findColour(picture: Raw, wanted: (r: number, g: number, b: number) => boolean): { x: number; y: number; width: number; height: number; top: number } {
  const { data, width, height, channels } = picture;
  const found = { left: width, right: 0, top: height, bottom: 0, x: 0, y: 0, count: 0 };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      if (!wanted(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0)) continue;
      found.left = Math.min(found.left, x);
      found.right = Math.max(found.right, x);
      found.top = Math.min(found.top, y);
      found.bottom = y;
      found.x += x;
      found.y += y;
      found.count += 1;
    }
  }
  return { x: found.x / found.count, y: found.y / found.count, width: found.right - found.left + 1, height: found.bottom - found.top + 1, top: found.top };
}

/** What the options are measured on. */
export interface Bench {
  studio: Studio;
  portrait: Portrait;
  /** With spots on the skin, grain, and a graded backdrop. */
  blemished: Portrait;
  /** Outputs of one photo by several profiles, which change nothing but what they name. */
  each(photo: Uint8Array, ...profiles: object[]): Promise<Output[]>;
  /** Their decoded pictures. */
  pictures(photo: Uint8Array, ...profiles: object[]): Promise<Raw[]>;
}

/** A bench for the tests of a file; what it gives is there once they run. */
export function useBench(): () => Bench {
  let bench: Bench | undefined;
  beforeAll(async () => {
    const studio = await openStudio();
    const [portrait, blemished] = await Promise.all([drawPortrait(), drawPortrait({ blemishes: true, grain: 3, backdropEnd: '#4d6f96' })]);
    const each: Bench['each'] = (photo, ...profiles) => Promise.all(profiles.map((fields) => studio.output({ ...off, ...fields }, photo)));
    bench = { studio, portrait, blemished, each, pictures: async (photo, ...profiles) => (await each(photo, ...profiles)).map(({ picture }) => picture) };
  });
  afterAll(() => bench?.studio.fovea.close());
  return () => {
    if (bench === undefined) throw new Error('The bench is there once the tests run.');
    return bench;
  };
}
