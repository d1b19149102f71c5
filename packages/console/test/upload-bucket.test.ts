// Where the bytes lie in a bucket, a page sends them there itself when the bucket lets it, and through the platform otherwise.
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { missingS3Programs, startS3Server, type S3Server } from '../../../test/servers/s3-server.ts';
import { dropFiles, noBrowser, signIn, startConsole, type Console, type OpenPage } from './console.ts';

const missing = [...missingS3Programs(), ...(noBrowser ? [noBrowser] : [])];

describe.skipIf(missing.length > 0)(`uploads of the console to a bucket (a real server: ${missing.length > 0 ? `without ${missing.join(', ')}` : 'Swift'})`, { timeout: 180_000 }, () => {
  let server: S3Server;
  let site: Console;
  let open: OpenPage;
  let dataset: string;

  beforeAll(async () => {
    server = await startS3Server({ browsers: true });
    const { endpoint, region, credentials } = server;
    const admin = new S3Client({ endpoint, region, credentials, forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED' });
    await admin.send(new CreateBucketCommand({ Bucket: 'fovea' }));
    admin.destroy();
    // The platform of this test runs in its process, and looks for them in its environment.
    vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
    site = await startConsole({ FOVEA_BLOBS: 's3://fovea/console', FOVEA_S3_ENDPOINT: endpoint, FOVEA_S3_REGION: region });
    const project = await site.fovea.projects.create({ name: 'Street' });
    dataset = (await site.fovea.datasets.create({ project: project.id, name: 'Night' })).id;
    open = await site.open();
    await signIn(open.page);
    await open.page.goto(`/datasets/${dataset}`);
    await open.page.getByText('This dataset is empty').waitFor();
  }, 180_000);
  afterAll(async () => {
    vi.unstubAllEnvs();
    await site?.close();
    await server?.close();
  });

  test.each([
    { bucket: 'that lets pages in', refused: false },
    { bucket: 'that does not', refused: true },
  ])('a large file, to a bucket $bucket', async ({ refused }) => {
    const { page, faults } = open;
    // Two whole parts of 16 MiB and a small one.
    const bytes = randomBytes(33 * 1024 ** 2);
    const name = refused ? 'relayed.bin' : 'direct.bin';
    writeFileSync(join(site.folder, name), bytes);
    const arrived: string[] = [];
    page.on('response', (response) => void (response.request().method() === 'PUT' && response.ok() && arrived.push(new URL(response.url()).origin)));
    // To a page, a refusal by the rules of the bucket is the same as no answer.
    if (refused) await page.route(`${server.endpoint}/**`, (route) => route.abort());
    await dropFiles(page, [join(site.folder, name)]);
    await page.getByText('1 file uploaded').waitFor({ timeout: 120_000 });
    expect((await site.fovea.items.list(dataset, { path: `/${name}` })).data[0]?.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(arrived).toEqual(Array.from({ length: 3 }, () => (refused ? site.url : server.endpoint)));
    expect(faults).toEqual([]);
    await page.getByRole('button', { name: 'Close the list' }).click();
    page.removeAllListeners('response');
  });
});
