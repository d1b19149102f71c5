import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { diskBlobs } from '../engines/blobs/disk.ts';
import type { BlobStore } from '../engines/blobs/blobs.ts';
import { dumpDatabase, isEmpty, loadDatabase, type DatabaseDump } from '../engines/database/snapshot.ts';
import { compose } from './compose.ts';
import { ConfigError, readConfig } from './config.ts';
import { createLogger, databaseOf, openBlobs, openEngines } from './engines.ts';
import { version } from './system-pages.ts';

/** A step of long work, for a progress bar: how many of how many. */
export type Progress = (step: string, done: number, total: number | undefined) => void;

interface Manifest {
  format: 'fovea-backup/1';
  createdAt: string;
  version: string;
  database: DatabaseDump;
  /** Blobs that the store had, and their bytes. */
  blobs: { count: number; bytes: number };
}

export interface BackupResult {
  snapshot: string;
  rows: number;
  /** In the store, and of them how many were copied this time. */
  blobs: number;
  copied: number;
  copiedBytes: number;
}

interface Options {
  dataDir?: string;
  env?: Record<string, string | undefined>;
}

const format = 'fovea-backup/1';
/** Bytes are kept a day after nothing refers to them, so those of the snapshot are all there while they are copied. */
const snapshotsOf = (folder: string) => join(folder, 'snapshots');

/**
 * Backs a platform up while it runs (or stands): the database as of one moment, then every blob that the folder does not have yet. A
 * backup into the same folder again copies only new blobs, and keeps the snapshots before it. Signing secrets come along; keep it safe.
 */
export async function backup(to: string, options: Options, progress: Progress): Promise<BackupResult> {
  const config = readConfig(options.env ?? process.env, options);
  await mkdir(snapshotsOf(to), { recursive: true, mode: 0o700 });
  const name = new Date().toISOString().replace(/[:.]/g, '-');
  const making = join(to, `.${name}`);
  await mkdir(making, { mode: 0o700 });
  try {
    const database = await databaseOf(config, (connection) => dumpDatabase(connection, making, (table, done, total) => progress(`table ${table}`, done, total)));
    const blobs = await openBlobs(config);
    const kept = await diskBlobs({ root: join(to, 'blobs') });
    const copied = await copyBlobs(blobs, kept, progress);
    const manifest: Manifest = { format, createdAt: new Date().toISOString(), version, database, blobs: { count: copied.blobs, bytes: copied.bytes } };
    await writeFile(join(making, 'secret'), `${config.secret}\n`, { mode: 0o600 });
    await writeFile(join(making, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`, { flush: true });
    await rename(making, join(snapshotsOf(to), name));
    await blobs.close();
    return { snapshot: name, rows: database.tables.reduce((sum, table) => sum + table.rows, 0), blobs: copied.blobs, copied: copied.copied, copiedBytes: copied.copiedBytes };
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    throw error;
  }
}

/** Restores a backup into an empty platform that does not run: its newest snapshot, or the one named. Every table and every blob is checked. */
export async function restore(from: string, options: Options & { snapshot?: string }, progress: Progress): Promise<{ snapshot: string; rows: number; blobs: number }> {
  const { folder, snapshot, manifest } = await readBackup(from, options.snapshot);
  const env = { ...(options.env ?? process.env) };
  const secret = (await readFile(join(folder, 'secret'), 'utf8')).trim();
  const config = readConfig({ ...env, FOVEA_SECRET: env['FOVEA_SECRET'] ?? secret }, options);
  await mkdir(config.dataDir, { recursive: true });
  const engines = await openEngines(config, createLogger('error'), { migrations: new Set(manifest.database.migrations) });
  try {
    if (!(await isEmpty(engines.connection))) throw new ConfigError('The platform to restore into is not empty; give it a new data folder or a new database.');
    // The queues must be there before their messages are.
    const settings = { publicUrl: () => config.publicUrl, secret: config.secret, maxUploadBytes: 1, uploadsDir: join(config.dataDir, 'uploads'), allowPrivateNetwork: false };
    await engines.queue.declare(compose(engines, settings).messageKinds);
    await engines.queue.stop(0);
    const kept = await diskBlobs({ root: join(from, 'blobs') });
    const { blobs } = await copyBlobs(kept, engines.blobs, progress, true);
    if (blobs < manifest.blobs.count) throw new Error(`The backup has ${blobs} blobs of ${manifest.blobs.count}.`);
    await loadDatabase(engines.connection, folder, manifest.database, (table, done, total) => progress(`table ${table}`, done, total));
    if (env['FOVEA_SECRET'] === undefined) await writeFile(join(config.dataDir, 'secret'), `${secret}\n`, { mode: 0o600 });
    return { snapshot, rows: manifest.database.tables.reduce((sum, table) => sum + table.rows, 0), blobs };
  } finally {
    await engines.close();
  }
}

async function readBackup(from: string, wanted: string | undefined): Promise<{ folder: string; snapshot: string; manifest: Manifest }> {
  const names = (await readdir(snapshotsOf(from)).catch(() => [])).toSorted();
  const snapshot = wanted ?? names.at(-1);
  if (snapshot === undefined) throw new ConfigError(`${from} holds no backup.`);
  if (!names.includes(snapshot)) throw new ConfigError(`The backup has no snapshot "${snapshot}"; it has ${names.join(', ')}.`);
  const folder = join(snapshotsOf(from), snapshot);
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
  if (manifest.format !== format) throw new ConfigError(`The backup has the format "${manifest.format}", which this program does not know.`);
  return { folder, snapshot, manifest };
}

/** Copies what the other store does not have, each checked against its digest. With `verify`, what is there already is checked as well. */
async function copyBlobs(from: BlobStore, to: BlobStore, progress: Progress, verify = false) {
  const result = { blobs: 0, bytes: 0, copied: 0, copiedBytes: 0 };
  for await (const blob of from.list()) {
    const there = await to.stat(blob.sha256);
    if (there?.size !== blob.size || (verify && (await to.verify(blob.sha256)) !== 'ok')) {
      const local = await from.localPath(blob.sha256);
      try {
        await to.put(createReadStream(local.path), { sha256: blob.sha256 });
      } finally {
        await local.release();
      }
      result.copied += 1;
      result.copiedBytes += blob.size;
    }
    result.blobs += 1;
    result.bytes += blob.size;
    if (result.blobs % 50 === 0) progress('files', result.blobs, undefined);
  }
  progress('files', result.blobs, result.blobs);
  return result;
}

/** Copies every blob of the platform to another store, checked by digest; run again it copies what is new. The platform may run meanwhile. */
export async function migrateBlobs(to: string, options: Options, progress: Progress): Promise<{ blobs: number; copied: number; copiedBytes: number; verified: number }> {
  const env = options.env ?? process.env;
  const from = await openBlobs(readConfig(env, options));
  const target = await openBlobs(readConfig({ ...env, FOVEA_BLOBS: to }, options));
  try {
    const { blobs, copied, copiedBytes } = await copyBlobs(from, target, progress);
    let verified = 0;
    for await (const { sha256 } of from.list()) {
      if ((await target.verify(sha256)) !== 'ok') throw new Error(`The blob ${sha256} did not arrive whole.`);
      verified += 1;
      if (verified % 50 === 0) progress('verified', verified, blobs);
    }
    return { blobs, copied, copiedBytes, verified };
  } finally {
    await from.close();
    await target.close();
  }
}
