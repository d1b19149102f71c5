// The requests of the Ruby, PHP and .NET clients, as they write them, sent byte for byte on sockets: none of them is in a registry of npm or
// PyPI. Each drives the steps of the README, in its own manner.
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../../packages/server/src/testing/platform.ts';
import { sendRaw, type RawAnswer } from '../voxel51/raw.ts';

type Headers = readonly (readonly [string, string])[];

/** How a client writes its calls. */
interface Manner {
  headers: (key: string) => Headers;
  /** The body of a call that has nothing to say; undefined when none is sent. */
  nothing: (method: string) => string | undefined;
  /** Where the parameters of a GET go. */
  query: 'body' | 'address';
  update: 'PATCH' | 'PUT';
  /** Between `find_by_name` and its query. */
  beforeQuery: string;
  /** Where the API begins: of a client that takes no path, at the root. */
  base: string;
  /** The name that a photo is given for that of its file. */
  photoName: (file: string) => string;
}

const manners: Record<string, Manner> = {
  'ruby 1.0.9': {
    headers: (key) => [
      ['Content-Type', 'application/json'],
      ['Accept-Encoding', 'gzip;q=1.0,deflate;q=0.6,identity;q=0.3'],
      ['Accept', '*/*'],
      ['User-Agent', 'Ruby'],
      ['X-Slt-Api-Key', key],
      ['X-Slt-Api-Client', 'ruby-1.0.9'],
    ],
    nothing: (method) => (method === 'DELETE' ? '{}' : 'null'),
    query: 'body',
    update: 'PATCH',
    beforeQuery: '',
    base: '/api/public/v1',
    photoName: (file) => `${file}${/\.\w+$/.exec(file)?.[0] ?? ''}`,
  },
  'php 0.0.2': {
    headers: (key) => [['User-Agent', 'GuzzleHttp/7'], ['Content-Type', 'application/json'], ['X-SLT-API-KEY', key], ['X-SLT-API-CLIENT', 'php-sdk']],
    nothing: () => undefined,
    query: 'address',
    update: 'PATCH',
    beforeQuery: '',
    base: '/skylab/api/public/v1',
    photoName: (file) => file,
  },
  'dotnet 0.0.15': {
    headers: (key) => [
      ['API_HEADER_CLIENT', '1.1'],
      ['X-SLT-API-KEY', key],
      ['ContentType', 'application/json'],
      ['Accept', 'text/plain'],
      ['User-Agent', 'RestSharp/110.2.0.0'],
      ['Accept-Encoding', 'gzip, deflate, br'],
    ],
    nothing: () => undefined,
    query: 'address',
    update: 'PUT',
    beforeQuery: '/',
    base: '/skylab/api/public/v1',
    photoName: (file) => `0f6a3c1e-0000-4000-8000-0000000000aa${/\.\w+$/.exec(file)?.[0] ?? ''}`,
  },
};

let fovea: TestPlatform;
let photo: Buffer;
beforeAll(async () => {
  fovea = await startTestPlatform();
  photo = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#4080c0' } }).jpeg().toBuffer();
});
afterAll(() => fovea.close());

describe.each(Object.entries(manners))('%s', (name, manner) => {
  const { query, update, beforeQuery, photoName } = manner;
  const caller = (key: string) => {
    const send = (method: string, path: string, body: string | undefined): Promise<RawAnswer> => {
      const length: Headers = body === undefined ? [] : [...(name.startsWith('dotnet') ? ([['Content-Type', 'application/json; charset=utf-8']] as const) : []), ['Content-Length', String(Buffer.byteLength(body))]];
      return sendRaw(fovea.url, { line: `${method} ${manner.base}/${path}`, headers: [...manner.headers(key), ...length, ['Connection', 'close']], body });
    };
    return {
      call: (method: string, path: string, body?: object) => send(method, path, body === undefined ? manner.nothing(method) : JSON.stringify(body)),
      ask: (path: string, params: Record<string, string | number | boolean>) =>
        query === 'body' ? send('GET', path, JSON.stringify(params)) : send('GET', `${path}?${new URLSearchParams(Object.entries(params).map(([key, value]) => [key, String(value)]))}`, undefined),
    };
  };

  test('from profile to download', async () => {
    const { key } = await fovea.person({ admin: true });
    const { call, ask } = caller(key);
    const profile = await call('POST', 'profiles', { name: 'plain', enable_crop: false, enable_color: false });
    expect([profile.status, profile.json.enableCrop]).toEqual([201, false]);
    expect((await call(update, `profiles/${profile.json.id}`, { description: 'Zoë' })).json.description).toBe('Zoë');
    expect((await call('GET', `profiles/${profile.json.id}`)).json.photos).toEqual([]);
    expect((await call('GET', 'profiles')).json[0].id).toBe(profile.json.id);
    const job = (await call('POST', 'jobs', { name: 'spring', profile_id: profile.json.id })).json;
    expect((await ask(`jobs/find_by_name${beforeQuery}`, { name: 'spring' })).json.id).toBe(job.id);
    expect((await call(update, `jobs/${job.id}`, { name: 'summer' })).json.name).toBe('summer');
    expect((await call('GET', `jobs/${job.id}/jobs_in_front`)).json.jobsInFront).toBe(-1);
    expect((await call('POST', `jobs/${job.id}/cancel`)).json.state).toBe('pending');

    const made = await call('POST', 'photos', { job_id: job.id, name: photoName('a.jpg'), path: '/tmp/a.jpg', use_cache_upload: false });
    expect([made.status, made.json.name, 'status' in made.json]).toEqual([201, photoName('a.jpg'), false]);
    const md5 = createHash('md5').update(photo).digest('base64');
    const { url } = (await ask('photos/upload_url', { use_cache_upload: false, photo_id: made.json.id, content_md5: md5 })).json;
    const put = await fetch(url, { method: 'PUT', headers: { 'content-md5': md5, 'x-amz-tagging': 'job=photo&api=true' }, body: new Uint8Array(photo) });
    expect(put.status).toBe(200);
    expect((await ask('photos/list_for_job', { job_id: job.id })).json.map((one: any) => one.id)).toEqual([made.json.id]);
    expect(['pending', 'queued']).toContain((await call('POST', `jobs/${job.id}/queue`, name.startsWith('ruby') ? { id: job.id } : undefined)).json.state);
    for (;;) {
      const { json } = await call('GET', `jobs/${job.id}`);
      if (json.state === 'complete') break;
      expect(json.errors).toEqual([]);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const done = (await call('GET', `photos/${made.json.id}`)).json;
    expect(done.job.profileId).toBe(profile.json.id);
    const output = await fetch(done.retouchedUrl);
    expect([output.status, output.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    expect(await sharp(Buffer.from(await output.arrayBuffer())).metadata()).toMatchObject({ width: 64, height: 48 });
    expect((await call('GET', 'jobs')).json[0].id).toBe(job.id);
    expect((await call('DELETE', `photos/${made.json.id}`)).json.id).toBe(made.json.id);
    expect((await call('DELETE', `jobs/${job.id}`)).json.id).toBe(job.id);
  });

  test('errors are JSON with code and message', async () => {
    const { call } = caller((await fovea.person({ admin: true })).key);
    for (const [status, answer] of [[403, await caller('nobody').call('GET', 'jobs')], [404, await call('GET', 'jobs/999999')], [404, await call('POST', 'no/such/thing')], [422, await call('POST', 'profiles', {})]] as const) {
      expect([answer.status, answer.json.code, typeof answer.json.message]).toEqual([status, status, 'string']);
    }
  });
});
