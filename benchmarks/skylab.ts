// Photos of 12 megapixels through one job of the Skylab door, uploaded and downloaded, beside a bare sharp loop over the same operations.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { drawPortrait } from '../analytics/test-support/portraits.ts';
import type { Figure, Scale } from './figure.ts';
import { startServed, type Served } from './served.ts';

const lanes = 4;
const colour = { color_preset: 'none', color_red: 6, color_contrast: 10, color_gamma: 0.1, color_saturation: 8 };

export async function run({ scale }: { scale: Scale }): Promise<Figure[]> {
  const count = scale === 'full' ? 200 : 24;
  const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
  const files = await drawFiles(join(folder, 'photos'));
  const photos = Array.from({ length: count }, (_, number) => ({ name: `photo-${number}.jpg`, path: files[number % files.length] ?? '' }));
  const served = await startServed(join(folder, 'data'));
  try {
    await mkdir(join(folder, 'bare'));
    await mkdir(join(folder, 'out'));
    // Once beforehand, so that neither begins cold; then before and after, so that what else the machine does meets both.
    await throughDoor(served, photos.slice(0, 2), join(folder, 'out'));
    const before = await seconds(() => bareLoop(photos.slice(0, count / 2), join(folder, 'bare')));
    const door = await seconds(() => throughDoor(served, photos, join(folder, 'out')));
    const after = await seconds(() => bareLoop(photos.slice(count / 2), join(folder, 'bare')));
    const ratio = (before + after) / door;
    return [
      { bench: 'skylab', figure: 'photos of 12 MP through a job, of a bare loop', value: ratio, unit: '×', goal: '≥ 0.7', ok: ratio >= 0.7, n: count },
      { bench: 'skylab', figure: '  photos through a job, up and down', value: count / door, unit: '/s', goal: undefined, ok: undefined, n: count },
    ];
  } finally {
    await served.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Eight different photos; each goes under many names, as drawing takes longer than everything else. */
async function drawFiles(folder: string): Promise<string[]> {
  await mkdir(folder);
  const { png } = await drawPortrait({ width: 3_000, height: 4_000, grain: 4, blemishes: true });
  const files: string[] = [];
  for (let number = 0; number < 8; number++) {
    const path = join(folder, `${number}.jpg`);
    await sharp(png).linear(1, number * 3).jpeg({ quality: 92 }).toFile(path);
    files.push(path);
  }
  return files;
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1_000;
}

async function inLanes<T>(count: number, list: readonly T[], work: (one: T, index: number) => Promise<void>): Promise<void> {
  const queue = list.entries();
  await Promise.all(
    Array.from({ length: count }, async () => {
      for (const [index, one] of queue) await work(one, index);
    }),
  );
}

/** Saturation, gain and offset, gamma by sharp's own operations; two photos at a time, as the studio. */
async function bareLoop(photos: readonly { name: string; path: string }[], folder: string): Promise<void> {
  const chroma = 1 + colour.color_saturation / 50;
  const [r, g, b] = [0.299, 0.587, 0.114].map((weight) => weight * (1 - chroma)) as [number, number, number];
  const matrix: [[number, number, number], [number, number, number], [number, number, number]] = [
    [r + chroma, g, b],
    [r, g + chroma, b],
    [r, g, b + chroma],
  ];
  await inLanes(2, photos, async ({ name, path }) => {
    await sharp(path).autoOrient().recomb(matrix).linear([1.1, 1.1, 1.1], [-6, -12, -12]).gamma(1.1).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toFile(join(folder, name));
  });
}

async function call<T>(served: Served, method: string, path: string, body?: object): Promise<T> {
  const headers = { 'x-slt-api-key': served.key, 'content-type': 'application/json' };
  const answer = await fetch(`${served.url}/skylab/api/public/v1/${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
  return JSON.parse(text) as T;
}

interface Job {
  id: number;
  state: string;
  errors: string[];
  photoDownloadUrls: Record<string, string>;
}

/** What the clients do: profile, job, each photo announced and put, the job queued and waited for, each output fetched. */
async function throughDoor(served: Served, photos: readonly { name: string; path: string }[], folder: string): Promise<void> {
  const profile = await call<{ id: number }>(served, 'POST', 'profiles', { name: 'Bench', enable_crop: false, ...colour });
  const { id } = await call<Job>(served, 'POST', 'jobs', { profile_id: profile.id });
  await inLanes(lanes, photos, async ({ name, path }) => {
    const bytes = await readFile(path);
    const md5 = createHash('md5').update(bytes).digest('base64');
    const photo = await call<{ id: number }>(served, 'POST', 'photos', { job_id: id, name });
    const { url } = await call<{ url: string }>(served, 'GET', `photos/upload_url?${new URLSearchParams({ photo_id: String(photo.id), content_md5: md5 })}`);
    const answer = await fetch(url, { method: 'PUT', headers: { 'content-md5': md5 }, body: bytes });
    if (!answer.ok) throw new Error(`The upload answered ${answer.status}: ${await answer.text()}`);
  });
  await call(served, 'POST', `jobs/${id}/queue`);
  let job = await call<Job>(served, 'GET', `jobs/${id}`);
  while (job.state !== 'complete') {
    if (job.state === 'error') throw new Error(job.errors.join(' '));
    await new Promise((resolve) => setTimeout(resolve, 250));
    job = await call<Job>(served, 'GET', `jobs/${id}`);
  }
  await inLanes(lanes, Object.entries(job.photoDownloadUrls), async ([name, url]) => {
    await writeFile(join(folder, name), Buffer.from(await (await fetch(url)).arrayBuffer()));
  });
}
