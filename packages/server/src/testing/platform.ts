import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scopes, type Scope } from '@fovea/contract';
import { pino } from 'pino';
import { inject } from 'vitest';
import { doorPlugins } from '../main/doors.ts';
import { nativeDoor } from '../doors/native/plugin.ts';
import { resumableUploads } from '../doors/native/resumable.ts';
import type { Buckets } from '../catalog/buckets/referenced.ts';
import type { BlobStore } from '../engines/blobs/blobs.ts';
import { diskBlobs } from '../engines/blobs/disk.ts';
import { systemClock } from '../engines/clock.ts';
import { cloneTestDatabase } from '../engines/database/testing.ts';
import type { Mailer } from '../engines/mail/mail.ts';
import { safeOutbound } from '../engines/outbound/safe-outbound.ts';
import { startQueue } from '../engines/queue/pg-boss-queue.ts';
import { createMetrics } from '../http/metrics.ts';
import { createHttpServer } from '../http/server.ts';
import { bootstrap } from '../identity/bootstrap.ts';
import { addKey, makeKeyText } from '../identity/keys/service.ts';
import { insertMember } from '../identity/members/store.ts';
import { insertOrganization, insertUser } from '../identity/users/store.ts';
import { newId, type ProjectRole } from '@fovea/contract';
import { compose, type Platform } from '../main/compose.ts';
import { systemPages } from '../main/system-pages.ts';

export interface TestAnswer {
  status: number;
  headers: Headers;
  /** The parsed body; undefined when it is empty, text when it is not JSON. */
  body: any;
}

export interface TestPlatform {
  url: string;
  /** Key of the first administrator. */
  key: string;
  platform: Platform;
  dataDir: string;
  /** A request to the API; objects are sent as JSON, everything else as it is. */
  call(method: string, path: string, options?: { key?: string | null; body?: unknown; headers?: Record<string, string> }): Promise<TestAnswer>;
  /** A user with a key, in an organisation of its own unless one is given, and with a role in a project where that is given. */
  person(options?: { orgId?: string; admin?: boolean; scopes?: readonly Scope[]; project?: { id: string; role: ProjectRole }; test?: boolean }): Promise<{ key: string; userId: string; orgId: string; email: string }>;
  /** Waits until the probe of an item has ended. */
  probed(itemId: string): Promise<any>;
  close(): Promise<void>;
}

/** A whole platform for a test file: own database, own folders, listening on a free port of the loopback. */
export async function startTestPlatform(options: { working?: boolean; allowPrivateNetwork?: boolean; blobs?: BlobStore; buckets?: Buckets; mailer?: Mailer } = {}): Promise<TestPlatform> {
  const { working = true, allowPrivateNetwork = true, buckets = new Map() } = options;
  const dataDir = mkdtempSync(join(tmpdir(), 'fovea-test-'));
  const database = await cloneTestDatabase(inject('database'));
  const logger = pino({ level: process.env['FOVEA_TEST_LOG'] ?? 'silent' });
  const blobs = options.blobs ?? (await diskBlobs({ root: join(dataDir, 'blobs') }));
  const queue = await startQueue({ connection: database.connection, database: database.db, logger });
  const engines = { db: database.db, blobs, buckets, queue, outbound: safeOutbound({ allowPrivateNetwork }), clock: systemClock, logger, ...(options.mailer ? { mailer: options.mailer } : {}) };
  let origin = '';
  const platform = compose(engines, { publicUrl: () => origin, secret: 'a secret of tests, long enough to sign', maxUploadBytes: 1024 ** 4, uploadsDir: join(dataDir, 'uploads'), allowPrivateNetwork });
  const { newKey: key = '' } = await bootstrap(database.db, { fixedKey: undefined });
  await queue.declare(platform.messageKinds);
  await platform.prepare();
  const metrics = createMetrics();
  const app = createHttpServer(logger, metrics);
  await app.register(systemPages(platform, metrics));
  await app.register(nativeDoor(platform));
  await app.register(resumableUploads(platform));
  for (const door of doorPlugins(platform)) await app.register(door);
  await app.listen({ host: '127.0.0.1', port: 0 });
  origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  if (working) await platform.startWorking();

  const call: TestPlatform['call'] = async (method, path, { key: given = key, body, headers = {} } = {}) => {
    const raw = body === undefined || typeof body === 'string' || body instanceof Uint8Array || body instanceof ReadableStream || body instanceof FormData;
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: { ...(given === null ? {} : { authorization: `Bearer ${given}` }), ...(raw ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: (raw ? body : JSON.stringify(body)) as BodyInit }),
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
      redirect: 'manual',
    } as RequestInit);
    const text = await response.text();
    let parsed: unknown = text === '' ? undefined : text;
    if (text !== '' && /[/+]json/.test(response.headers.get('content-type') ?? '')) parsed = JSON.parse(text);
    return { status: response.status, headers: response.headers, body: parsed };
  };

  return {
    url: origin,
    key,
    platform,
    dataDir,
    call,
    async person({ orgId, admin = false, scopes: given = scopes, project, test = false } = {}) {
      const org = orgId ?? newId();
      const userId = newId();
      const email = `user-${userId.slice(-12)}@example.com`;
      const text = makeKeyText(test);
      await database.db.tx(async (tx) => {
        if (orgId === undefined) await insertOrganization(tx, { id: org, name: 'Other' });
        await insertUser(tx, { id: userId, orgId: org, email, name: email, admin, passwordHash: null });
        if (project) await insertMember(tx, { projectId: project.id, userId, orgId: org, role: project.role });
        await addKey(tx, { orgId: org, userId, actor: email, name: 'test', text, scopes: given, projectId: null, test, expiresAt: null });
      });
      return { key: text, userId, orgId: org, email };
    },
    async probed(itemId) {
      for (let attempt = 0; attempt < 400; attempt++) {
        const { body } = await call('GET', `/v1/items/${itemId}`);
        if (body.probe !== 'pending') return body;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      throw new Error(`Item ${itemId} was not probed in ten seconds.`);
    },
    async close() {
      app.server.closeAllConnections();
      await app.close();
      await queue.stop(2_000);
      await platform.stopWorking();
      await blobs.close();
      await database.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
