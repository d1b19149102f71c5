import type { VersionItem } from '@fovea/contract';
import type { Queryable } from '../../engines/database/database.ts';
import { Fault } from '../../fault.ts';
import { splitOf } from './splits.ts';
import { readChunks, selectFacts, type StoredVersion } from './store.ts';
import { comparePaths, leafOf, readNode, readRoot, type Root, type Span } from './tree.ts';

/** An item as a leaf holds it: keys with their defaults are left out. */
export interface Entry {
  path: string;
  sha256: string;
  sizeBytes: number;
  labels?: string[];
  channel?: string;
  status: VersionItem['status'];
  description?: string;
  metadata?: Record<string, unknown>;
  annotations?: EntryAnnotation[];
}

export interface EntryAnnotation {
  label: string;
  geometry: { type: string };
  attributes?: Record<string, unknown>;
  frame?: number;
  endFrame?: number;
  keyframes?: unknown[];
  confidence?: number;
  source: string;
  group?: string;
  zOrder?: number;
  status?: string;
  metadata?: Record<string, unknown>;
  blob?: string;
}

const leavesAtOnce = 64;

/** The texts of chunks in the order asked for. Throws `internal` when one is missing: the version is damaged. */
export async function texts(db: Queryable, projectId: string, digests: readonly string[]): Promise<string[]> {
  const found = await readChunks(db, projectId, digests);
  return digests.map((digest) => {
    const text = found.get(digest);
    if (text === undefined) throw new Fault('internal', `The version has lost the part ${digest.slice(0, 12)}; restore a backup.`);
    return text;
  });
}

export async function rootOf(db: Queryable, version: { projectId: string; id: string }): Promise<Root> {
  const [text] = await texts(db, version.projectId, [version.id]);
  return readRoot(text ?? '');
}

/** An item of a leaf as it stands there. */
export interface Line {
  path: string;
  text: string;
}

/** The items of a leaf, unread but for their paths, which come first. */
export function linesOf(text: string): Line[] {
  return text === '' ? [] : text.split('\n').map((line) => ({ path: JSON.parse(/^\{"path": ("(?:[^"\\]|\\.)*")/.exec(line)?.[1] ?? 'null') as string, text: line }));
}

export function readLeaf(text: string): Entry[] {
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as Entry);
}

/** The leaves of a version in order, those that lie wholly before a path left out; a node is read when its turn comes. */
export async function* walkLeaves(db: Queryable, version: { projectId: string; id: string }, after?: string): AsyncGenerator<Span> {
  const { nodes } = await rootOf(db, version);
  for (const node of nodes.slice(after === undefined ? 0 : leafOf(nodes, after))) {
    const [text] = await texts(db, version.projectId, [node.digest]);
    const leaves = readNode(text ?? '');
    yield* after === undefined ? leaves : leaves.slice(leafOf(leaves, after));
  }
}

/** The items of a version by path, from behind a path on. Memory holds a few leaves. */
export async function* walkEntries(db: Queryable, version: { projectId: string; id: string }, after?: string): AsyncGenerator<Entry> {
  let waiting: string[] = [];
  // The first leaf comes alone: a page of one item should not read a thousand.
  let atOnce = 4;
  for await (const leaf of walkLeaves(db, version, after)) {
    waiting.push(leaf.digest);
    if (waiting.length < atOnce) continue;
    yield* entriesIn(db, version.projectId, waiting, after);
    waiting = [];
    atOnce = Math.min(atOnce * 2, leavesAtOnce);
  }
  yield* entriesIn(db, version.projectId, waiting, after);
}

async function* entriesIn(db: Queryable, projectId: string, digests: readonly string[], after: string | undefined): AsyncGenerator<Entry> {
  for (const text of await texts(db, projectId, digests)) {
    for (const entry of readLeaf(text)) if (after === undefined || comparePaths(entry.path, after) > 0) yield entry;
  }
}

/** The item at a path in a version. */
export async function findEntry(db: Queryable, version: { projectId: string; id: string }, path: string): Promise<Entry | undefined> {
  const { nodes } = await rootOf(db, version);
  const node = nodes[leafOf(nodes, path)];
  if (!node) return undefined;
  const leaves = readNode((await texts(db, version.projectId, [node.digest]))[0] ?? '');
  const leaf = leaves[leafOf(leaves, path)];
  if (!leaf) return undefined;
  const [text] = await texts(db, version.projectId, [leaf.digest]);
  return readLeaf(text ?? '').find((entry) => entry.path === path);
}

/** Groups of entries as the public sees them: with their part and what the bytes tell. */
export async function toItems(db: Queryable, version: StoredVersion, entries: readonly Entry[]): Promise<VersionItem[]> {
  const facts = await selectFacts(db, entries.map((entry) => entry.sha256));
  return entries.map((entry): VersionItem => {
    const known = facts.get(entry.sha256);
    return {
      path: entry.path,
      sha256: entry.sha256,
      sizeBytes: entry.sizeBytes,
      mediaType: known?.mediaType ?? 'application/octet-stream',
      kind: (known?.kind ?? 'other') as VersionItem['kind'],
      width: known?.width ?? null,
      height: known?.height ?? null,
      frames: known?.frames ?? null,
      labels: entry.labels ?? [],
      channel: entry.channel ?? null,
      status: entry.status,
      description: entry.description ?? '',
      metadata: entry.metadata ?? {},
      split: splitOf(version.splits, entry),
      annotations: (entry.annotations ?? []).map(toAnnotation),
    };
  });
}

export function toAnnotation(annotation: EntryAnnotation): VersionItem['annotations'][number] {
  return { type: annotation.geometry.type, ...annotation } as VersionItem['annotations'][number];
}
