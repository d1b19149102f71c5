import type { BlobStore } from '../../engines/blobs/blobs.ts';
import type { Database } from '../../engines/database/database.ts';
import { readLeaf, rootOf, walkLeaves } from './read.ts';
import { readChunks, type StoredVersion } from './store.ts';
import { digestOf } from './tree.ts';

const maxListed = 100;

/**
 * Reads a version again: every chunk against its digest, every byte of every item against the store's. The result counts what was looked at
 * and names what is missing or damaged (the first hundred).
 */
export async function verifyVersion(
  { db, blobs }: { db: Database; blobs: BlobStore },
  version: StoredVersion,
  progress: (items: number) => Promise<void>,
  signal: AbortSignal,
): Promise<{ intact: boolean; items: number; blobs: number; problems: { path: string; sha256: string; problem: string }[]; problemCount: number }> {
  const problems: { path: string; sha256: string; problem: string }[] = [];
  let problemCount = 0;
  const report = (path: string, sha256: string, problem: string) => {
    problemCount += 1;
    if (problems.length < maxListed) problems.push({ path, sha256, problem });
  };
  const seen = new Map<string, 'ok' | 'missing' | 'damaged'>();
  let items = 0;
  for (const node of (await rootOf(db, version)).nodes) {
    const text = (await readChunks(db, version.projectId, [node.digest])).get(node.digest);
    if (text === undefined || digestOf(text) !== node.digest) report(node.first, node.digest, 'a list of the version is missing or damaged');
  }
  if (problemCount > 0) return { intact: false, items, blobs: 0, problems, problemCount };
  for await (const leaf of walkLeaves(db, version)) {
    if (signal.aborted) throw new Error('The worker stops.');
    const text = (await readChunks(db, version.projectId, [leaf.digest])).get(leaf.digest);
    if (text === undefined || digestOf(text) !== leaf.digest) {
      report(leaf.first, leaf.digest, 'the labels of its items are missing or damaged');
      continue;
    }
    for (const entry of readLeaf(text)) {
      const state = seen.get(entry.sha256) ?? (await blobs.verify(entry.sha256));
      seen.set(entry.sha256, state);
      if (state !== 'ok') report(entry.path, entry.sha256, state === 'missing' ? 'the bytes are missing' : 'the bytes are not those that were stored');
      items += 1;
    }
    await progress(items);
  }
  return { intact: problemCount === 0, items, blobs: seen.size, problems, problemCount };
}
