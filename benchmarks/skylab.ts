// Photos of 12 megapixels through one job of the Skylab door, uploaded and downloaded, beside a bare sharp loop over the same operations.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure, Scale } from './figure.ts';
import { bareLoop, colour, drawPhotos, inLanes, ofBare, type Photo } from './photos.ts';
import { startServed, type Served } from './served.ts';

const lanes = 4;

export async function run({ scale }: { scale: Scale }): Promise<Figure[]> {
  const count = scale === 'full' ? 200 : 24;
  const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
  const photos = await drawPhotos(join(folder, 'photos'), count);
  const served = await startServed(join(folder, 'data'));
  try {
    await mkdir(join(folder, 'out'));
    // Once beforehand, so that neither begins cold.
    await throughDoor(served, photos.slice(0, 2), join(folder, 'out'));
    const { ratio, perSecond } = await ofBare(photos, (part) => bareLoop(part, join(folder, 'bare')), () => throughDoor(served, photos, join(folder, 'out')));
    return [
      { bench: 'skylab', figure: 'photos of 12 MP through a job, of a bare loop', value: ratio, unit: '×', goal: '≥ 0.7', ok: ratio >= 0.7, n: count },
      { bench: 'skylab', figure: '  photos through a job, up and down', value: perSecond, unit: '/s', goal: undefined, ok: undefined, n: count },
    ];
  } finally {
    await served.close();
    await rm(folder, { recursive: true, force: true });
  }
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
async function throughDoor(served: Served, photos: readonly Photo[], folder: string): Promise<void> {
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
