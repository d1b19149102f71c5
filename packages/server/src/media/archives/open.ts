import { open } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { archivePath, type OpenedFiles } from './source.ts';
import { ArchiveError, type ArchiveBounds } from './bounds.ts';
import { onDisk, openGzip, openTar } from './unpack.ts';
import { openZip } from './zip-source.ts';

interface Given {
  path: string;
  bytes: number;
  /** For unpacking; the caller's to remove. */
  folder: string;
  bounds?: ArchiveBounds | undefined;
}

/**
 * Opens an uploaded file as files: the members of a ZIP, TAR or TAR.GZ archive, what a gzipped file holds, or the file itself. Which it is
 * is told by its bytes; `name` is only what a single file is called.
 * @throws {ArchiveError} when it is broken, passes a bound, or has a path that leaves its folder.
 */
export async function openFiles(given: Given & { name: string }): Promise<OpenedFiles> {
  const { path, name, bytes, folder, bounds } = given;
  const head = await headOf(path);
  const archive = await archiveOf(given, head);
  if (archive) return archive;
  if (isGzip(head)) return openGzip({ path, name, packedBytes: bytes, folder, bounds });
  return onDisk(new Map([[archivePath(withEnding(name, head)), { file: path, bytes }]]));
}

/**
 * Opens a ZIP, TAR or TAR.GZ archive, told by its bytes.
 * @throws {ArchiveError} for what {@link openFiles} throws it, and for every other file.
 */
export async function openArchive(given: Given): Promise<OpenedFiles> {
  const archive = await archiveOf(given, await headOf(given.path));
  if (!archive) throw new ArchiveError('The file is no archive: it must be a ZIP, TAR or TAR.GZ file, and a whole one.');
  return archive;
}

async function archiveOf({ path, bytes, folder, bounds }: Given, head: Buffer): Promise<OpenedFiles | undefined> {
  const magic = head.subarray(0, 4).toString('latin1');
  if (magic === 'PK\u0003\u0004' || magic === 'PK\u0005\u0006') return openZip(path, bytes, bounds);
  if (isTar(head)) return openTar({ path, packedBytes: bytes, isGzipped: false, folder, bounds });
  return isGzip(head) && isTar(await gunzippedHead(path)) ? openTar({ path, packedBytes: bytes, isGzipped: true, folder, bounds }) : undefined;
}

const isGzip = (head: Buffer): boolean => head[0] === 0x1f && head[1] === 0x8b;

const headBytes = 64 * 1024;

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(headBytes);
    const { bytesRead } = await file.read(head, 0, headBytes, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function gunzippedHead(path: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  const unpacking = createReadStream(path).pipe(createGunzip());
  try {
    for await (const part of unpacking) {
      parts.push(part as Buffer);
      length += (part as Buffer).length;
      if (length >= headBytes) break;
    }
  } catch {
    // What cannot be unpacked is no TAR archive; whoever unpacks it says what is wrong.
  }
  return Buffer.concat(parts);
}

/** A name with the ending that its bytes suggest, where it has none: formats are told by endings too. */
function withEnding(name: string, head: Buffer): string {
  if (/\.[A-Za-z0-9]{1,8}$/.test(name)) return name;
  const text = head.toString('utf8').trimStart();
  if (text.startsWith('PAR1')) return `${name}.parquet`;
  if (text.startsWith('<')) return `${name}.xml`;
  if (text.startsWith('[')) return `${name}.json`;
  // Lines that each begin an object; within one object, what follows a break is a key or a bracket.
  if (text.startsWith('{')) return /\}\r?\n\{/.test(text) ? `${name}.ndjson` : `${name}.json`;
  return /^[^\n]*,[^\n]*\n/.test(text) ? `${name}.csv` : `${name}.txt`;
}

/** POSIX and GNU archives say so at byte 257. */
function isTar(head: Buffer): boolean {
  return head.length >= 262 && head.subarray(257, 262).toString('latin1') === 'ustar';
}
