import type { VersionChange, VersionDiffSummary } from '@fovea/contract';
import type { Queryable } from '../../engines/database/database.ts';
import { linesOf, rootOf, texts, toAnnotation, type Entry, type EntryAnnotation, type Line } from './read.ts';
import { comparePaths, readNode, type Span } from './tree.ts';

type Named = { projectId: string; id: string };

/** An item that differs between two versions. */
export interface Difference {
  path: string;
  before: Entry | undefined;
  after: Entry | undefined;
}

const leavesAtOnce = 64;

/** What differs from one version to another, by path. Only nodes and leaves that are not in both are read. */
export async function* differences(db: Queryable, from: Named | undefined, to: Named, after?: string): AsyncGenerator<Difference> {
  const [old, young] = [from ? (await rootOf(db, from)).nodes : [], (await rootOf(db, to)).nodes];
  const [oldLeaves, newLeaves] = [await leavesIn(db, from?.projectId ?? to.projectId, onlyIn(old, young)), await leavesIn(db, to.projectId, onlyIn(young, old))];
  const before = lines(db, from?.projectId ?? to.projectId, onlyIn(oldLeaves, newLeaves), after);
  const now = lines(db, to.projectId, onlyIn(newLeaves, oldLeaves), after);
  let [a, b] = [await next(before), await next(now)];
  while (a || b) {
    const order = !a ? 1 : !b ? -1 : comparePaths(a.path, b.path);
    if (a && order < 0) {
      yield { path: a.path, before: parse(a), after: undefined };
      a = await next(before);
    } else if (b && order > 0) {
      yield { path: b.path, before: undefined, after: parse(b) };
      b = await next(now);
    } else if (a && b) {
      // Most items of a leaf that changed did not: their texts are compared as they are.
      if (a.text !== b.text) yield { path: a.path, before: parse(a), after: parse(b) };
      [a, b] = [await next(before), await next(now)];
    }
  }
}

const parse = (line: Line): Entry => JSON.parse(line.text) as Entry;

async function next<T>(iterator: AsyncGenerator<T>): Promise<T | undefined> {
  const step = await iterator.next();
  return step.done ? undefined : step.value;
}

function onlyIn(spans: readonly Span[], others: readonly Span[]): Span[] {
  const known = new Set(others.map((span) => span.digest));
  return spans.filter((span) => !known.has(span.digest));
}

async function leavesIn(db: Queryable, projectId: string, nodes: readonly Span[]): Promise<Span[]> {
  return (await texts(db, projectId, nodes.map((node) => node.digest))).flatMap(readNode);
}

async function* lines(db: Queryable, projectId: string, leaves: readonly Span[], after: string | undefined): AsyncGenerator<Line> {
  // A leaf that ends before the position is not read: its successor begins at or before it.
  const begin = after === undefined ? 0 : Math.max(0, leaves.findLastIndex((leaf) => comparePaths(leaf.first, after) <= 0));
  for (let start = begin; start < leaves.length; start += leavesAtOnce) {
    for (const text of await texts(db, projectId, leaves.slice(start, start + leavesAtOnce).map((leaf) => leaf.digest))) {
      for (const line of linesOf(text)) if (after === undefined || comparePaths(line.path, after) > 0) yield line;
    }
  }
}

/** Annotations that only one side has; equal ones stand for each other as often as they occur. */
export function annotationChanges(before: readonly EntryAnnotation[] = [], after: readonly EntryAnnotation[] = []): { added: EntryAnnotation[]; removed: EntryAnnotation[] } {
  const left = new Map<string, number>();
  for (const one of before) left.set(JSON.stringify(one), (left.get(JSON.stringify(one)) ?? 0) + 1);
  const added = after.filter((one) => !take(left, JSON.stringify(one)));
  const removed = before.filter((one) => take(left, JSON.stringify(one)));
  return { added, removed };
}

function take(counts: Map<string, number>, key: string): boolean {
  const count = counts.get(key) ?? 0;
  if (count > 0) counts.set(key, count - 1);
  return count > 0;
}

const comparedFields = ['sha256', 'labels', 'channel', 'status', 'description', 'metadata', 'annotations'] as const;

export function toChange({ path, before, after }: Difference): VersionChange {
  const { added, removed } = annotationChanges(before?.annotations, after?.annotations);
  const fields = before && after ? comparedFields.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field])) : [];
  return {
    path,
    change: before ? (after ? 'changed' : 'removed') : 'added',
    fields: [...fields],
    annotations: { added: added.map(toAnnotation), removed: removed.map(toAnnotation) },
  };
}

/** Sums up all that differs. */
export async function summarize(db: Queryable, from: Named | undefined, to: Named): Promise<VersionDiffSummary> {
  const recipes = [from ? (await rootOf(db, from)).recipe : null, (await rootOf(db, to)).recipe];
  const summary = { itemsAdded: 0, itemsRemoved: 0, itemsChanged: 0, annotationsAdded: 0, annotationsRemoved: 0, recipeChanged: JSON.stringify(recipes[0]) !== JSON.stringify(recipes[1]) };
  for await (const difference of differences(db, from, to)) {
    if (!difference.before) summary.itemsAdded += 1;
    else if (!difference.after) summary.itemsRemoved += 1;
    else summary.itemsChanged += 1;
    const { added, removed } = annotationChanges(difference.before?.annotations, difference.after?.annotations);
    summary.annotationsAdded += added.length;
    summary.annotationsRemoved += removed.length;
  }
  return summary;
}
