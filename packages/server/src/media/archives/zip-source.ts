import { openPromise, type Entry } from 'yauzl';
import { ArchiveError, BoundsCheck, type ArchiveBounds } from './bounds.ts';
import { archivePath, isClutter, type OpenedFiles } from './source.ts';

const symbolicLink = 0o120000;

/** Reads a ZIP archive from the disk; files are unpacked as they are read, and never written. @throws {ArchiveError} */
export async function openZip(path: string, packedBytes: number, bounds?: ArchiveBounds): Promise<OpenedFiles> {
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false, decodeStrings: false }).catch(broken);
  try {
    const check = new BoundsCheck(packedBytes, bounds);
    const entries = new Map<string, Entry>();
    const notes: { path: string; how: string }[] = [];
    for await (const entry of zip.eachEntry()) {
      const name = nameOf(entry);
      if (name.endsWith('/') || isClutter(name)) continue;
      check.file();
      check.bytes(entry.uncompressedSize);
      const place = archivePath(name);
      const reason = unreadable(entry);
      if (reason !== undefined) notes.push({ path: place, how: reason });
      else if (entries.has(place)) notes.push({ path: place, how: 'file of the archive left out: its name was there before' });
      else entries.set(place, entry);
    }
    return {
      notes,
      async *list() {
        for (const [place, entry] of entries) yield { path: place, bytes: entry.uncompressedSize };
      },
      open(place) {
        const entry = entries.get(place);
        return entry && unpacked(zip, entry, place);
      },
      close: async () => zip.close(),
    };
  } catch (error) {
    zip.close();
    return broken(error);
  }
}

async function* unpacked(zip: Awaited<ReturnType<typeof openPromise>>, entry: Entry, path: string): AsyncGenerator<Uint8Array> {
  try {
    // The stream ends with an error when it has other bytes than the directory says, so that the bounds hold.
    for await (const chunk of await zip.openReadStreamPromise(entry)) yield chunk as Buffer;
  } catch (error) {
    throw new ArchiveError(`${path} in the archive cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** UTF-8, as all of today's tools write it, also those that do not say so. */
function nameOf(entry: Entry): string {
  return new TextDecoder().decode(entry.fileName as unknown as Uint8Array);
}

function unreadable(entry: Entry): string | undefined {
  if (((entry.externalFileAttributes >>> 16) & 0o170000) === symbolicLink) return 'file of the archive left out: it is a link';
  if (entry.isEncrypted()) return 'file of the archive left out: it is encrypted';
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) return `file of the archive left out: its compression (method ${entry.compressionMethod}) is not known; only deflate is`;
  return undefined;
}

function broken(error: unknown): never {
  if (error instanceof ArchiveError) throw error;
  throw new ArchiveError(`The ZIP archive cannot be read: ${(error as Error).message}`, { cause: error });
}
