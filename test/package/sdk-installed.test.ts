// The SDK as a user has it: packed, installed from its tarballs, used from Node and from a page in Chromium.
import { execFile, spawnSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { sampleCt, sampleFile } from '@fovea/medical/dicom/sample-files.ts';
import { chromium, type Browser, type Page } from 'playwright-core';
import sharp from 'sharp';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canaryFile } from '../../packages/server/src/testing/canary.ts';
import { startTestPlatform, type TestPlatform } from '../../packages/server/src/testing/platform.ts';
import { packPublished } from '../../scripts/pack.ts';

const root = join(import.meta.dirname, '..', '..');
const chromiumPath = '/usr/bin/chromium';
const chromiumFlags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Not the blocking kind: the platform runs in this process. */
const run = promisify(execFile);

let platform: TestPlatform;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fovea-installed-'));
  const tarballs = packPublished(join(folder, 'tarballs'));
  writeFileSync(join(folder, 'package.json'), '{ "name": "user", "private": true, "type": "module" }');
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs], { cwd: folder });
  platform = await startTestPlatform({ working: false });
}, 180_000);
afterAll(async () => {
  await platform?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Every Node from 20 on that can be reached, one for each version. */
function nodes(): { version: string; path: string }[] {
  const found = new Map<string, string>();
  for (const part of [join(process.execPath, '..'), ...(process.env['PATH'] ?? '').split(delimiter)]) {
    const path = join(part, 'node');
    const version = existsSync(path) ? spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout.trim() : '';
    if (Number(/^v(\d+)/.exec(version)?.[1] ?? 0) >= 20 && !found.has(version)) found.set(version, path);
  }
  return [...found].map(([version, path]) => ({ version, path }));
}

const program = `
import { Fovea, ConflictError, NotFoundError } from '@fovea/sdk';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
const fovea = new Fovea();
const name = 'Installed ' + process.version;
const project = await fovea.projects.create({ name });
const dataset = await fovea.datasets.create({ project: name, name: 'D' });
const one = await fovea.items.upload(dataset.id, 'files/big.bin');
const many = await fovea.items.uploadMany(dataset.id, 'files', { concurrency: 2 });
const paths = [];
for await (const item of fovea.items.list(dataset.id, { limit: 2 })) paths.push(item.path);
const saved = await fovea.items.download(one.item.id, { to: 'copy.bin' });
const conflict = await fovea.projects.create({ name }).catch((error) => error instanceof ConflictError && error.code);
const missing = await fovea.items.get(dataset.id).catch((error) => error instanceof NotFoundError && error.status);
const same = createHash('sha256').update(readFileSync('copy.bin')).digest('hex') === one.item.sha256;
console.log(JSON.stringify({ project: project.name, one: one.outcome, many, paths, saved: saved.sizeBytes, same, conflict, missing }));
`;

const scans = `
import { Fovea } from '@fovea/sdk';
import { describeScan } from '@fovea/medical/describe';
import { decodeFrame } from '@fovea/medical/dicom/pixels';
import { parseDicom } from '@fovea/medical/dicom/parse';
import { readFileSync } from 'node:fs';
const fovea = new Fovea();
const project = await fovea.projects.create({ name: 'Scans ' + process.version });
const dataset = await fovea.datasets.create({ project: project.id, name: 'D' });
const cleaned = [];
const result = await fovea.items.uploadMany(dataset.id, 'scans', { deidentify: true, onCleaned: ({ path, report }) => cleaned.push([path, report.actions.length > 10]) });
const [item] = (await fovea.items.list(dataset.id)).data;
const bytes = new Uint8Array(await (await fovea.items.download(item.id)).arrayBuffer());
const facts = describeScan(bytes);
const frame = await decodeFrame(parseDicom(new Uint8Array(readFileSync('jpeg.dcm'))), 0);
console.log(JSON.stringify({ created: result.created, cleaned, patient: Buffer.from(bytes).includes('KANARIE'), modality: facts.modality, decoded: frame !== undefined }));
`;

/** A picture in JPEG baseline, which is decoded in a worker thread by a codec in WebAssembly. */
async function compressedFile(): Promise<Uint8Array> {
  const jpeg = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#888' } }).grayscale().jpeg().toBuffer();
  return sampleFile(sampleCt({ rows: 16, columns: 16, bits: 8, extra: [[0x7fe00010, 'OB', { fragments: [jpeg] }]] }), { transferSyntax: '1.2.840.10008.1.2.4.50' });
}

describe('in Node', () => {
  test.each(nodes())('$version de-identifies scans before they are sent, and decodes compressed ones, with @fovea/medical installed', async ({ path }) => {
    mkdirSync(join(folder, 'scans'), { recursive: true });
    writeFileSync(join(folder, 'scans', 'KANARIE.dcm'), canaryFile());
    writeFileSync(join(folder, 'jpeg.dcm'), await compressedFile());
    writeFileSync(join(folder, 'scans.js'), scans);
    const done = await run(path, ['scans.js'], { cwd: folder, env: { ...process.env, FOVEA_URL: platform.url, FOVEA_KEY: platform.key } });
    expect(done.stderr).toBe('');
    expect(JSON.parse(done.stdout)).toEqual({ created: 1, cleaned: [[expect.stringMatching(/^\/[0-9A-Z]{16}\/CT-2\.25\.\d+\.dcm$/), true]], patient: false, modality: 'CT', decoded: true });
  });

  test.each(nodes())('$version uploads, lists and downloads', async ({ version, path }) => {
    mkdirSync(join(folder, 'files', 'sub'), { recursive: true });
    writeFileSync(join(folder, 'files', 'big.bin'), Buffer.alloc(2_000_000, version));
    for (const name of ['a.txt', 'sub/b "quoted".txt']) writeFileSync(join(folder, 'files', name), name);
    writeFileSync(join(folder, 'program.js'), program);
    const done = await run(path, ['program.js'], { cwd: folder, env: { ...process.env, FOVEA_URL: platform.url, FOVEA_KEY: platform.key } });
    expect(done.stderr).toBe('');
    expect(JSON.parse(done.stdout)).toEqual({
      project: `Installed ${version}`,
      one: 'created',
      many: expect.objectContaining({ created: 2, existing: 1, failed: 0 }),
      paths: ['/a.txt', '/big.bin', '/sub/b "quoted".txt'],
      saved: 2_000_000,
      same: true,
      conflict: 'conflict',
      missing: 404,
    });
  });

  test('its type declarations hold in a strict project of the user, libraries checked', () => {
    writeFileSync(
      join(folder, 'typed.ts'),
      `import { Fovea, type UploadManyResult } from '@fovea/sdk';
      const fovea = new Fovea({ url: 'http://127.0.0.1' });
      export const names: Promise<string[]> = fovea.projects.list().then(({ data }) => data.map((project) => project.name));
      export const result: Promise<UploadManyResult> = fovea.items.uploadMany('d', [{ path: '/a', file: new Blob(['x']) }]);
      // @ts-expect-error -- the name is required
      void fovea.projects.create({});
      `,
    );
    const flags = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2024,dom,dom.iterable', '--types', '', 'typed.ts'];
    for (const moduleFlags of [['--module', 'nodenext', '--skipLibCheck', 'false'], ['--module', 'esnext', '--moduleResolution', 'bundler', '--skipLibCheck']]) {
      const done = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), [...flags, ...moduleFlags], { cwd: folder, encoding: 'utf8' });
      expect(`${moduleFlags.join(' ')} ${done.stdout}`).toBe(`${moduleFlags.join(' ')} `);
    }
  }, 180_000);
});

describe.skipIf(!existsSync(chromiumPath))('in Chromium', () => {
  let browser: Browser;
  let script: string;
  let elsewhere: Server;

  beforeAll(async () => {
    writeFileSync(join(folder, 'page.js'), `import * as sdk from '@fovea/sdk'; globalThis.sdk = sdk;`);
    const built = await build({ root: folder, logLevel: 'silent', configFile: false, build: { write: false, lib: { entry: 'page.js', formats: ['es'], fileName: 'page' } } });
    const [bundle] = built as unknown as [{ output: [{ code: string }] }];
    script = bundle.output[0].code;
    elsewhere = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(html()));
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumFlags });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    elsewhere?.close();
  });
  const html = () => `<script type="module">${script}</script>`;

  /** A page of an origin with the bundled SDK in it. */
  async function open(origin: string): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    await page.route(`${platform.url}/page-of-the-test`, (route) => route.fulfill({ contentType: 'text/html', body: html() }));
    await page.goto(`${origin}/page-of-the-test`);
    await page.waitForFunction('globalThis.sdk !== undefined');
    return page;
  }

  test('the bundle asks for nothing of Node', () => expect(script).not.toMatch(/node:[a-z]/));

  test('on the console of the platform it works with the session, CSRF and upload progress included', async () => {
    const page = await open(platform.url);
    const seen = await page.evaluate(async (key) => {
      const { Fovea, CsrfError } = (globalThis as never)['sdk'] as typeof import('@fovea/sdk');
      const fovea = new Fovea();
      const me = await fovea.session.login({ key });
      const project = await fovea.projects.create({ name: 'Session' });
      const dataset = await fovea.datasets.create({ project: project.id, name: 'D' });
      const told: number[] = [];
      const big = new File([new Uint8Array(6_000_000)], 'big.bin');
      const { item } = await fovea.items.upload(dataset.id, big, { onProgress: ({ sentBytes }) => told.push(sentBytes) });
      const many = await fovea.items.uploadMany(dataset.id, [
        { path: '/a "b".txt', file: new Blob(['one']) },
        { path: '/ünï.txt', file: new Blob(['two']) },
        { path: '/stream.bin', file: new Blob([new Uint8Array(1_500_000)]).stream() },
      ]);
      const paths = (await fovea.items.list(dataset.id).toArray({ limit: 10 })).map((one) => one.path);
      const bytes = (await (await fovea.items.download(item)).arrayBuffer()).byteLength;
      // A client that was not told the token by login or get may read, but not change.
      const refused = await new Fovea().projects.create({ name: 'No' }).catch((error: unknown) => error instanceof CsrfError);
      await fovea.session.logout();
      const after = await fovea.session.get().catch((error: { code?: string }) => error.code);
      return { email: me.user.email, told: told.length, last: told.at(-1), created: many.created, paths, bytes, refused, after };
    }, platform.key);
    expect(seen).toMatchObject({ email: 'admin@localhost', last: 6_000_000, created: 3, paths: ['/a "b".txt', '/big.bin', '/stream.bin', '/ünï.txt'], bytes: 6_000_000, refused: true, after: 'unauthenticated' });
    expect(seen.told).toBeGreaterThan(1);
  });

  test('on a page of another origin it works with a key; aborting and refusals are told apart', async () => {
    const page = await open(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`);
    const seen = await page.evaluate(async ({ url, key }) => {
      const { Fovea } = (globalThis as never)['sdk'] as typeof import('@fovea/sdk');
      const fovea = new Fovea({ url, key });
      const project = await fovea.projects.create({ name: 'Elsewhere' });
      const dataset = await fovea.datasets.create({ project: project.id, name: 'D' });
      const name = (error: { name?: string }) => error.name;
      const { outcome } = await fovea.items.upload(dataset.id, new Blob(['x']), { path: '/x' });
      const conflict = await fovea.items.upload(dataset.id, new Blob(['y']), { path: '/x' }).catch(name);
      const aborted = await fovea.items.upload(dataset.id, new Blob([new Uint8Array(20_000_000)]), { path: '/z', signal: AbortSignal.timeout(5) }).catch(name);
      const unreachable = await new Fovea({ url: 'http://127.0.0.1:9', key, maxRetries: 0 }).items.upload('d', new Blob(['x']), { path: '/x' }).catch(name);
      const path = await fovea.items.upload(dataset.id, './photo.jpg').catch((error: Error) => error.message);
      return { outcome, conflict, aborted, unreachable, path };
    }, { url: platform.url, key: platform.key });
    expect(seen).toEqual({ outcome: 'created', conflict: 'ConflictError', aborted: 'AbortedError', unreachable: 'ConnectionError', path: 'There are no paths in a browser: pass a File or Blob.' });
  });
});
