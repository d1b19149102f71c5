import type { VersionSplits } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { Database, Tx } from '../../engines/database/database.ts';
import { changedPaths, countAlive, insertVersion, nextCut, quietSince, readChunks, recipeText, seeAgain, selectVersion, writeChunks, writeLeaves, type StoredVersion } from './store.ts';
import { comparePaths, digestOf, dirtyStretches, nodesOf, readNode, readRoot, writeRoot, type Span } from './tree.ts';

/** Items of a stretch that is written in one statement. */
const stretchItems = 10_000;
/** Stretches of changed leaves in one statement. */
const stretchesAtOnce = 500;

export interface CommitRequest {
  datasetId: string;
  projectId: string;
  orgId: string;
  message: string;
  /** Undefined: those of the version before. */
  splits: VersionSplits | null | undefined;
  by: string;
  /** Told how many items are written. */
  progress(done: number, total: number): Promise<void>;
}

/**
 * Keeps what a dataset holds at one moment. All is read in one snapshot; when a version is there already, only the leaves with items that
 * changed since are written anew. A dataset that did not change gives the version that it has.
 */
export async function commitVersion(db: Database, request: CommitRequest): Promise<{ version: StoredVersion; created: boolean; previous: StoredVersion | undefined }> {
  const seenAt = await quietSince(db);
  return db.tx(async (tx) => {
    await tx.run(sql`set transaction isolation level repeatable read`);
    const total = await countAlive(tx, request.datasetId);
    const previous = await selectVersion(tx, request.datasetId);
    const leaves = (previous && (await changedLeaves(tx, request, previous, total))) ?? (await allLeaves(tx, request, total));
    const nodes = nodesOf(leaves);
    await writeChunks(tx, request.projectId, nodes.map(({ span, text }) => ({ digest: span.digest, text })));
    const splits = request.splits === undefined ? (previous?.splits ?? null) : request.splits;
    const text = writeRoot({ recipe: await recipeText(tx, request.datasetId), splits, nodes: nodes.map(({ span }) => span) });
    const digest = digestOf(text);
    if (previous?.id === digest) {
      await seeAgain(tx, previous, seenAt);
      return { version: previous, created: false, previous };
    }
    await writeChunks(tx, request.projectId, [{ digest, text }]);
    const sum = (of: (span: Span) => number) => leaves.reduce((all, leaf) => all + of(leaf), 0);
    const { datasetId, projectId, orgId, message, by: createdBy } = request;
    const counts = { items: sum((leaf) => leaf.items), annotations: sum((leaf) => leaf.annotations), bytes: sum((leaf) => leaf.bytes) };
    const version = await insertVersion(tx, { datasetId, projectId, orgId, digest, message, splits, seenAt, createdBy, ...counts });
    return { version, created: true, previous };
  });
}

/** Every leaf of the dataset, written in stretches. */
async function allLeaves(tx: Tx, request: CommitRequest, total: number): Promise<Span[]> {
  const leaves: Span[] = [];
  let from: string | null = null;
  let done = 0;
  do {
    const to: string | null = await nextCut(tx, request.datasetId, from, stretchItems);
    const written = await writeLeaves(tx, { id: request.datasetId, projectId: request.projectId }, [{ from, to }]);
    leaves.push(...written.map(toSpan));
    done += written.reduce((sum, leaf) => sum + leaf.items, 0);
    await request.progress(done, total);
    from = to;
  } while (from !== null);
  return leaves;
}

/**
 * The leaves when only those with changed items are written; undefined when that is no gain, or when it does not add up. An item that moved
 * leaves no trace at its old path, nor does one that was purged: then more items are counted than there are, and everything is written.
 */
async function changedLeaves(tx: Tx, request: CommitRequest, previous: StoredVersion, total: number): Promise<Span[] | undefined> {
  const paths = await changedPaths(tx, request.datasetId, previous.seenAt, Math.max(1_000, Math.floor(total / 20)));
  if (paths === undefined) return undefined;
  const known = await leavesOf(tx, request.projectId, previous.id);
  const { stretches, kept } = dirtyStretches(known, paths);
  const leaves = [...kept];
  for (let start = 0; start < stretches.length; start += stretchesAtOnce) {
    const written = await writeLeaves(tx, { id: request.datasetId, projectId: request.projectId }, stretches.slice(start, start + stretchesAtOnce));
    leaves.push(...written.map(toSpan));
  }
  leaves.sort((a, b) => comparePaths(a.first, b.first));
  const counted = leaves.reduce((sum, leaf) => sum + leaf.items, 0);
  await request.progress(total, total);
  return counted === total ? leaves : undefined;
}

async function leavesOf(tx: Tx, projectId: string, versionId: string): Promise<Span[]> {
  const root = (await readChunks(tx, projectId, [versionId])).get(versionId);
  if (root === undefined) throw new Error(`The root of the version ${versionId} is missing.`);
  const { nodes } = readRoot(root);
  const texts = await readChunks(tx, projectId, nodes.map((node) => node.digest));
  return nodes.flatMap((node) => readNode(texts.get(node.digest) ?? ''));
}

function toSpan({ first, digest, items, annotations, bytes }: Span): Span {
  return { first, digest, items, annotations, bytes };
}
