// The clients that are in no registry of npm or PyPI, unmodified, where a checkout of one is at hand:
//
//   CLIENT_PATH=/path/to/studio_client_ruby:/path/to/studio_client_php npm test -- test/clients/skylab
//
// The others are skipped by name; replay.test.ts sends what they send.
import { createServer, connect, type Server } from 'node:net';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../../packages/server/src/testing/platform.ts';
import { runChecks } from '../run-checks.ts';
import { dotnetClient, javaScriptClient, phpClient, rubyClient, type Found } from './checkouts.ts';
import { writePhotos } from './photos.ts';

let fovea: TestPlatform;
const folder = mkdtempSync(join(tmpdir(), 'fovea-skylab-'));
const photos = join(folder, 'photos');
beforeAll(async () => {
  fovea = await startTestPlatform();
  await writePhotos(photos);
});
afterAll(async () => {
  await fovea.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The Ruby client takes no path, and sends its uploads to port 80 of the host whatever their address says. */
const ruby = { host: '127.0.0.1', port: 80 };

/** Passes what comes to an address on to the platform. */
async function passOn(to: string): Promise<Server> {
  const server = createServer((from) => {
    const on = connect(Number(new URL(to).port), '127.0.0.1');
    from.pipe(on).pipe(from);
    from.on('error', () => on.destroy());
    on.on('error', () => from.destroy());
  });
  server.listen(ruby.port, ruby.host);
  await once(server, 'listening');
  return server;
}

/** Whether that address can be had here: port 80 takes rights. */
async function withAddress(found: Found): Promise<Found> {
  if ('missing' in found) return found;
  const server = createServer().listen(ruby.port, ruby.host);
  try {
    await once(server, 'listening');
    return found;
  } catch (error) {
    return { missing: `it uploads to port 80 only, which cannot be had here: ${(error as Error).message}` };
  } finally {
    server.close();
  }
}

const clients: { name: string; found: Found; checks: number; passedOn?: boolean }[] = [
  { name: '@skylab-tech/skylab-studio 0.0.4 (JavaScript)', found: javaScriptClient(folder), checks: 5 },
  { name: 'skylab_studio 1.0.9 (Ruby)', found: await withAddress(rubyClient()), checks: 5, passedOn: true },
  { name: 'skylab/studio 0.0.2 (PHP)', found: phpClient(), checks: 3 },
  { name: 'StudioClient 0.0.15 (.NET)', found: dotnetClient(), checks: 0 },
];

describe.each(clients)('$name', ({ found, checks, passedOn }) => {
  test.skipIf('missing' in found)('missing' in found ? `is skipped: ${found.missing}` : `${checks} checks pass`, { timeout: 300_000 }, async () => {
    if ('missing' in found) throw new Error(found.missing);
    const { key } = await fovea.person({ admin: true });
    const between = passedOn ? await passOn(fovea.url) : undefined;
    const settings = { url: fovea.url, ...ruby, key, secret: key, folder, photos, client: found.client };
    const { passed, failed } = await runChecks(found.command, found.args, { cwd: found.cwd, settings, env: { SKYLAB_API_URL: `${fovea.url}/skylab` } });
    between?.close();
    expect(failed).toEqual([]);
    expect(passed).toHaveLength(checks);
  });
});
