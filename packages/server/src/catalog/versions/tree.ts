import { hash } from 'node:crypto';
import { Fault } from '../../fault.ts';

/**
 * A version as a tree of chunks, each named by the SHA-256 of its text: a root lists nodes, a node lists leaves, a leaf holds items, all in
 * the order of the paths' bytes. Where a chunk begins is decided by the path alone (content-defined chunking, as of Muthitacharoen et al.,
 * "A low-bandwidth network file system", SOSP 2001, with the path in place of a rolling window), so that an item that comes or goes
 * changes the leaf it is in and no other.
 */
export interface Span {
  /** The path of its first item. */
  first: string;
  digest: string;
  items: number;
  annotations: number;
  bytes: number;
}

/** What the root says besides its nodes. */
export interface Root {
  format: string;
  recipe: unknown;
  splits: unknown;
  nodes: Span[];
}

export const formatName = 'fovea-version/2';

/** Formats that can be read. The first had leaves of sixteen items and nodes of 256 leaves: what is cut otherwise is read alike. */
const readable: readonly string[] = [formatName, 'fovea-version/1'];

/** A leaf begins at a path whose digest begins with a byte below this: one in eight. */
export const leafByte = 32;

/** A node begins at a leaf whose first path's digest has a second byte below this: one in 32 leaves. */
const nodeByte = 8;

/** Order of paths by the bytes of their UTF-8, as the database has it. */
export function comparePaths(a: string, b: string): number {
  if (a === b) return 0;
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)];
  // Only halves of surrogate pairs sort otherwise than the bytes of their characters. NaN: the shorter one has ended.
  return one < firstSurrogate && other < firstSurrogate ? one - other : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const firstSurrogate = 0xd800;

/** Two rows of spans, each in the order of paths, as one. */
export function inOrder<S extends Span>(a: readonly S[], b: readonly S[]): S[] {
  const all: S[] = [];
  let at = 0;
  for (const span of a) {
    for (let other = b[at]; other && comparePaths(other.first, span.first) < 0; other = b[++at]) all.push(other);
    all.push(span);
  }
  return [...all, ...b.slice(at)];
}

export const digestOf = (text: string): string => hash('sha256', text, 'hex');

/** A leaf, or a whole node that is kept as it is. */
export type Part = Span & { whole?: true };

/** Groups leaves into nodes; gives the nodes, and the texts of those that were not whole already. */
export function nodesOf(parts: readonly Part[]): { span: Span; text?: string }[] {
  const groups: Part[][] = [];
  for (const part of parts) {
    const last = groups.at(-1);
    if (part.whole || !last || last[0]?.whole || beginsNode(part.first)) groups.push([part]);
    else last.push(part);
  }
  return groups.map((group) => {
    const [{ whole, ...first } = emptySpan] = group as [Part?];
    if (whole) return { span: first };
    const text = group.map(writeSpan).join('\n');
    const sum = (of: (span: Span) => number) => group.reduce((total, span) => total + of(span), 0);
    return { span: { first: first.first, digest: digestOf(text), items: sum((one) => one.items), annotations: sum((one) => one.annotations), bytes: sum((one) => one.bytes) }, text };
  });
}

const emptySpan: Part = { first: '', digest: '', items: 0, annotations: 0, bytes: 0 };

const beginsNode = (path: string): boolean => (hash('sha256', path, 'buffer')[1] ?? 0) < nodeByte;

const writeSpan = (span: Span): string => JSON.stringify([span.first, span.digest, span.items, span.annotations, span.bytes]);

/** The leaves that a node lists. Throws when the text is not one. */
export function readNode(text: string): Span[] {
  return text === '' ? [] : text.split('\n').map((line) => toSpan(JSON.parse(line)));
}

function toSpan(value: unknown): Span {
  if (!Array.isArray(value) || typeof value[0] !== 'string' || typeof value[1] !== 'string') throw new Fault('internal', 'A version has a part that cannot be read; verify it.');
  const [first, digest, items, annotations, bytes] = value as [string, string, number, number, number];
  return { first, digest, items, annotations, bytes };
}

/** The text of a root; `recipe` is JSON as the database writes it, so that equal recipes are equal texts. */
export function writeRoot(root: { recipe: string | null; splits: unknown; nodes: readonly Span[] }): string {
  const nodes = root.nodes.map((node) => `\n${writeSpan(node)}`).join(',');
  return `{"format":${JSON.stringify(formatName)},"recipe":${root.recipe ?? 'null'},"splits":${JSON.stringify(root.splits ?? null)},"nodes":[${nodes}]}`;
}

export function readRoot(text: string): Root {
  const value = JSON.parse(text) as { format: string; recipe: unknown; splits: unknown; nodes: unknown[] };
  if (!readable.includes(value.format)) throw new Fault('internal', `The version has the format "${value.format}", which this program does not know.`);
  return { format: value.format, recipe: value.recipe, splits: value.splits, nodes: value.nodes.map(toSpan) };
}

/** A stretch of paths from `from` (null: the beginning) up to but without `to` (null: the end). */
export interface Stretch {
  from: string | null;
  to: string | null;
  /** Digests of the leaves that stood here. */
  leaves?: string[];
}

/**
 * Which spans must be made anew when items at these paths came, changed or went: the one of each path, and the one before it when the path
 * began the span, as that may join what stood before it.
 */
export function dirtySpans(spans: readonly Span[], paths: readonly string[]): Set<number> {
  const dirty = new Set<number>();
  for (const path of paths) {
    const at = leafOf(spans, path);
    dirty.add(at);
    if (at > 0 && spans[at]?.first === path) dirty.add(at - 1);
  }
  return dirty;
}

/**
 * The stretches of paths whose leaves must be made anew when items at these paths came, changed or went. `kept` are the parts that stay as
 * they are; a whole node stands only where {@link dirtySpans} of all nodes left it.
 */
export function dirtyStretches<S extends Span>(parts: readonly S[], paths: readonly string[]): { stretches: Stretch[]; kept: S[] } {
  const dirty = dirtySpans(parts, paths);
  const stretches: Stretch[] = [];
  let open: (Stretch & { leaves: string[] }) | undefined;
  parts.forEach((part, index) => {
    const begin = index === 0 ? null : part.first;
    if (dirty.has(index)) {
      open ??= { from: begin, to: null, leaves: [] };
      open.leaves.push(part.digest);
    } else if (open) {
      stretches.push({ ...open, to: begin });
      open = undefined;
    }
  });
  if (open) stretches.push(open);
  if (parts.length === 0 && paths.length > 0) stretches.push({ from: null, to: null });
  return { stretches, kept: parts.filter((_part, index) => !dirty.has(index)) };
}

/** Those of paths that lie between the beginning of the first and the end of the last of stretches in order. */
export function within(stretches: readonly Stretch[], paths: readonly string[]): string[] {
  const from = stretches[0]?.from ?? '';
  const to = stretches.at(-1)?.to ?? null;
  return paths.filter((path) => comparePaths(from, path) <= 0 && (to === null || comparePaths(path, to) < 0));
}

/** The index of the leaf or node that a path lies in: the last that begins at or before it, else the first. */
export function leafOf(spans: readonly Span[], path: string): number {
  let [low, high] = [0, spans.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (comparePaths(spans[middle]?.first ?? '', path) <= 0) low = middle;
    else high = middle - 1;
  }
  return Math.max(low, 0);
}
