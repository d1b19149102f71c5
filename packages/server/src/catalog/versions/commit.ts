import type { VersionSplits } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { Database, Tx } from '../../engines/database/database.ts';
import { changedPaths, countAlive, insertVersion, keepBlobs, nextCut, quietSince, readChunks, recipeText, seeAgain, selectVersion, writeChunks, type StoredVersion } from './store.ts';
import { leafWriter, type Groups, type LeafWriter } from './leaf-writer.ts';
import { digestOf, dirtySpans, dirtyStretches, formatName, inOrder, nodesOf, readNode, readRoot, writeRoot, type Part, type Span } from './tree.ts';

/** Items of a stretch that is written in one statement. */
const stretchItems = 5_000;
/** Stretches of changed leaves in one statement. */
const stretchesAtOnce = 120;

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
    const dataset = { id: request.datasetId, projectId: request.projectId };
    const write = await leafWriter(db, tx, dataset);
    const parts = (previous && (await changedParts(tx, request, { write, previous, total }))) ?? (await allLeaves(tx, request, { write, total }));
    const nodes = nodesOf(parts);
    await writeChunks(tx, dataset, nodes.flatMap(({ span, text }) => (text === undefined ? [] : { digest: span.digest, text })));
    const splits = request.splits === undefined ? (previous?.splits ?? null) : request.splits;
    const text = writeRoot({ recipe: await recipeText(tx, request.datasetId), splits, nodes: nodes.map(({ span }) => span) });
    const digest = digestOf(text);
    if (previous?.id === digest) {
      await seeAgain(tx, previous, seenAt);
      return { version: previous, created: false, previous };
    }
    await writeChunks(tx, dataset, [{ digest, text }]);
    const sum = (of: (span: Span) => number) => nodes.reduce((all, { span }) => all + of(span), 0);
    const { datasetId, projectId, orgId, message, by: createdBy } = request;
    const counts = { items: sum(({ items }) => items), annotations: sum(({ annotations }) => annotations), bytes: sum(({ bytes }) => bytes) };
    const version = await insertVersion(tx, { datasetId, projectId, orgId, digest, message, splits, seenAt, createdBy, ...counts });
    return { version, created: true, previous };
  });
}

/** Every leaf of the dataset, written in stretches. */
async function allLeaves(tx: Tx, request: CommitRequest, { write, total }: { write: LeafWriter; total: number }): Promise<Span[]> {
  async function* groups(): Groups {
    let from: string | null = null;
    do {
      const to: string | null = await nextCut(tx, request.datasetId, from, stretchItems);
      yield [{ from, to }];
      from = to;
    } while (from !== null);
  }
  let done = 0;
  const leaves = await write(groups(), { written: (items) => request.progress((done += items), total) });
  // Not before: a transaction that has written holds up the readers of events until it ends.
  await keepBlobs(tx, { id: request.datasetId, projectId: request.projectId });
  return leaves;
}

/**
 * The whole nodes that stay and the leaves of the others, when only leaves with changed items are written; undefined when that is no gain, or
 * when it does not add up. An item that moved leaves no trace at its old path, nor does one that was purged: then more items are counted than
 * there are, and everything is written.
 */
async function changedParts(tx: Tx, request: CommitRequest, { write, previous, total }: { write: LeafWriter; previous: StoredVersion; total: number }): Promise<Part[] | undefined> {
  const paths = await changedPaths(tx, request.datasetId, previous.seenAt, Math.max(1_000, Math.floor(total / 20)));
  if (paths === undefined) return undefined;
  const known = await partsOf(tx, request.projectId, previous.id, paths);
  if (known === undefined) return undefined;
  const { stretches, kept } = dirtyStretches(known, paths);
  async function* groups(): Groups {
    for (let start = 0; start < stretches.length; start += stretchesAtOnce) yield stretches.slice(start, start + stretchesAtOnce);
  }
  const parts = inOrder(kept, await write(groups(), { changed: paths }));
  await keepBlobs(tx, { id: request.datasetId, projectId: request.projectId }, paths);
  const counted = parts.reduce((sum, part) => sum + part.items, 0);
  await request.progress(total, total);
  return counted === total ? parts : undefined;
}

/** The nodes of a version, those that paths lie in as their leaves; undefined when they were cut by another rule than that of today. */
async function partsOf(tx: Tx, projectId: string, versionId: string, paths: readonly string[]): Promise<Part[] | undefined> {
  const root = (await readChunks(tx, projectId, [versionId])).get(versionId);
  if (root === undefined) throw new Error(`The root of the version ${versionId} is missing.`);
  const { format, nodes } = readRoot(root);
  if (format !== formatName) return undefined;
  const dirty = dirtySpans(nodes, paths);
  const texts = await readChunks(tx, projectId, [...dirty].flatMap((index) => nodes[index]?.digest ?? []));
  return nodes.flatMap((node, index): Part[] => (dirty.has(index) ? readNode(texts.get(node.digest) ?? '') : [{ ...node, whole: true }]));
}
