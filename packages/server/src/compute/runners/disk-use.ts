import type { Dirent, Stats } from 'node:fs';
import { lstat, opendir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { namelessBytes } from './processes.ts';

/** Files and folders that a program may make: more than its outputs may be, and few enough to be looked at and removed in seconds. */
export const maxEntries = 200_000;
/** Bytes of a path, short of what systems take (PATH_MAX, 4096). */
const maxPathBytes = 3_500;
/** Processes whose open files are looked at; who has more is rather counted. */
const lookedAt = 64;

/** Bytes on the disk, and files and folders. */
export interface DiskUse {
  bytes: number;
  entries: number;
}

/**
 * What lies below folders, in bytes on the disk; holes of sparse files count nothing. Stops at the first byte or entry too many. A path that
 * is too long to be gone on counts as too many entries.
 */
export async function diskUse(folders: readonly string[], { pids, maxBytes }: { pids: readonly number[]; maxBytes: number }): Promise<DiskUse> {
  const use = { bytes: 0, entries: 0 };
  const devices = new Set<number>();
  const linked = new Set<string>();
  const open = [...folders];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for await (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      const facts = await factsOf(path);
      if (!facts) continue;
      devices.add(facts.dev);
      use.entries += Buffer.byteLength(path) > maxPathBytes ? maxEntries + 1 : 1;
      const isCounted = facts.nlink > 1 && !facts.isDirectory() && linked.has(`${facts.dev} ${facts.ino}`);
      if (!isCounted) use.bytes += facts.blocks * 512;
      if (facts.nlink > 1) linked.add(`${facts.dev} ${facts.ino}`);
      if (use.bytes > maxBytes || use.entries > maxEntries) return use;
      if (facts.isDirectory()) open.push(path);
    }
  }
  for (const folder of folders) devices.add((await factsOf(folder))?.dev ?? -1);
  if (pids.length <= lookedAt) use.bytes += namelessBytes(pids, devices);
  return use;
}

/** What goes while it is looked at counts nothing; nor does what its maker closed to everybody. */
const isPassing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(String((error as NodeJS.ErrnoException).code));

async function* entriesOf(folder: string): AsyncIterable<Dirent> {
  try {
    yield* await opendir(folder);
  } catch (error) {
    if (!isPassing(error)) throw error;
  }
}

async function factsOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (!isPassing(error)) throw error;
    return undefined;
  }
}

const leastFreeBytes = 1024 ** 3;

/** What the disks of some folders have left; a file system that does not count its files has none of them left at any time. */
export async function freeOf(folders: readonly string[]): Promise<DiskUse> {
  const free = { bytes: 0, entries: 0 };
  const seen = new Set<number>();
  for (const folder of folders) {
    const dev = (await factsOf(folder))?.dev;
    if (dev === undefined || seen.has(dev)) continue;
    seen.add(dev);
    const { bsize, bavail, ffree } = await statfs(folder);
    free.bytes += bavail * bsize;
    free.entries += ffree;
  }
  return free;
}

/** Whether a disk has less left than others of the machine need to go on: 1 GiB, or a twentieth of a small one. */
export async function isDiskAlmostFull(folders: readonly string[]): Promise<boolean> {
  for (const folder of folders) {
    const { bsize, blocks, bavail } = await statfs(folder);
    if (bavail * bsize < Math.min(leastFreeBytes, (blocks * bsize) / 20)) return true;
  }
  return false;
}
