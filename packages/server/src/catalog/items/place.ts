import { newId, type Item, type MediaKind } from '@fovea/contract';
import type { Queue } from '../../engines/queue/queue.ts';
import type { Tx } from '../../engines/database/database.ts';
import { emit, type NewEvent } from '../../events/outbox.ts';
import { Fault } from '../../fault.ts';
import { systemCaller, type Caller } from '../../identity/caller.ts';
import { recordBlobs, type BlobRow, type Facts } from '../blobs/store.ts';
import type { DatasetAccess } from '../datasets/access.ts';
import { count } from '../datasets/store.ts';
import { needQuota } from '../usage/quota.ts';
import { insertReports, type KeptReport } from '../deidentification/store.ts';
import { describeBlobs } from './background.ts';
import { insertItems, lockPaths, markItem, replaceContent, selectItem, type StoredItem } from './store.ts';

/** Bytes that are in the blob store, to become an item. */
export interface Placement {
  path: string;
  blob: { sha256: string; size: number };
  /** What the first bytes tell. */
  media: { mediaType: string; kind: MediaKind };
  /** What is known of the medium beforehand; the probe still completes it. */
  facts?: Facts | undefined;
  metadata?: Record<string, unknown> | undefined;
  labels?: readonly string[] | undefined;
  channel?: string | undefined;
  status?: Item['status'] | undefined;
  description?: string | undefined;
  expiresAt?: string | undefined;
  /** Of a vendor's door: its name, the id it shows, and what it must echo. */
  origin?: string | undefined;
  externalId?: string | undefined;
  extra?: unknown;
  /** The item that it is a copy of. */
  sourceItemId?: string | undefined;
  /** What was done to the file before it was stored. */
  deidentification?: KeptReport | undefined;
}

/** What happens at a path that is taken; `beside` puts the new item next to the old, under a name that ends in its id. */
export type PlaceRule = 'error' | 'skip' | 'replace' | 'beside';
export type Placed = { outcome: 'created' | 'existing' | 'replaced'; id: string } | { outcome: 'conflict'; id: string };

/**
 * Makes items of uploaded bytes, in the caller's transaction: rows, counters, events, and the message that has the bytes looked at.
 * Equal bytes at a path that is taken change nothing; other bytes follow the rule. Paths of one call must differ.
 */
export async function placeItems(
  tx: Tx,
  queue: Queue,
  caller: Caller,
  dataset: DatasetAccess,
  placements: readonly Placement[],
  rule: PlaceRule,
): Promise<Placed[]> {
  const blobs = await recordBlobs(tx, placements.map((placement) => placement.blob));
  const taken = new Map((await lockPaths(tx, dataset.id, placements.map((placement) => placement.path))).map((item) => [item.path, item]));
  const placed: Placed[] = [];
  const inserts: Parameters<typeof insertItems>[1][number][] = [];
  const events: NewEvent[] = [];
  const counted = { items: 0, bytes: 0 };

  for (const placement of placements) {
    const blob = blobs.get(placement.blob.sha256);
    if (!blob) throw new Error(`Blob ${placement.blob.sha256} was not recorded.`);
    let old: (StoredItem & { expired: boolean }) | undefined = taken.get(placement.path);
    if (old?.expired) {
      await markItem(tx, old.id, true);
      counted.items -= 1;
      counted.bytes -= old.sizeBytes;
      // The sweep finds it deleted already, and says nothing.
      events.push(itemEvent('item.expired', systemCaller(caller.orgId), old));
      old = undefined;
    }
    if (!old || rule === 'beside') {
      const item = newItem(caller, dataset, placement, blob, old !== undefined);
      inserts.push(item);
      counted.items += 1;
      counted.bytes += item.size;
      events.push(itemEvent('item.created', caller, { ...item, sizeBytes: item.size }));
      placed.push({ outcome: 'created', id: item.id });
    } else if (old.sha256 === placement.blob.sha256) {
      placed.push({ outcome: 'existing', id: old.id });
    } else if (rule === 'replace') {
      const kind = blob.kind ?? placement.media.kind;
      const mediaType = blob.mediaType ?? placement.media.mediaType;
      await replaceContent(tx, old.id, { ...placement.blob, kind, mediaType, facts: blob.facts ?? placement.facts ?? null, pending: blob.facts === null, thumbnail: blob.thumbnail }, caller.email);
      counted.bytes += placement.blob.size - old.sizeBytes;
      events.push(itemEvent('item.replaced', caller, { ...old, sha256: placement.blob.sha256 }));
      placed.push({ outcome: 'replaced', id: old.id });
    } else {
      placed.push({ outcome: rule === 'skip' ? 'existing' : 'conflict', id: old.id });
    }
  }

  await needQuota(tx, dataset.projectId, dataset.quotaBytes, counted.bytes);
  if (inserts.length > 0) await insertItems(tx, inserts);
  if (placed.some(({ outcome }) => outcome === 'created' || outcome === 'replaced')) await count(tx, dataset, counted);
  await insertReports(tx, reportsOf(caller, dataset, placements, placed));
  await emit(tx, ...events);
  const toLookAt = new Set<string>();
  placements.forEach((placement, index) => {
    const outcome = placed[index]?.outcome;
    if ((outcome === 'created' || outcome === 'replaced') && !blobs.get(placement.blob.sha256)?.facts) toLookAt.add(placement.blob.sha256);
  });
  await sendInGroups(tx, queue, [...toLookAt]);
  return placed;
}

function reportsOf(caller: Caller, dataset: DatasetAccess, placements: readonly Placement[], placed: readonly Placed[]) {
  return placements.flatMap(({ deidentification: report }, index) => {
    const { id, outcome } = placed[index] ?? {};
    if (!report || id === undefined || (outcome !== 'created' && outcome !== 'replaced')) return [];
    return [{ itemId: id, orgId: caller.orgId, projectId: dataset.projectId, report, createdBy: caller.email }];
  });
}

/** Few blobs a message, so that the looking spreads over workers. */
async function sendInGroups(tx: Tx, queue: Queue, sha256s: string[]): Promise<void> {
  const groups: { sha256s: string[] }[] = [];
  for (let start = 0; start < sha256s.length; start += 16) groups.push({ sha256s: sha256s.slice(start, start + 16) });
  if (groups.length > 0) await queue.sendMany(tx, describeBlobs, groups);
}

function newItem(caller: Caller, dataset: DatasetAccess, placement: Placement, blob: BlobRow, beside: boolean) {
  const id = newId();
  return {
    id,
    orgId: caller.orgId,
    projectId: dataset.projectId,
    datasetId: dataset.id,
    path: beside ? pathBeside(placement.path, id) : placement.path,
    sha256: placement.blob.sha256,
    size: placement.blob.size,
    mediaType: blob.mediaType ?? placement.media.mediaType,
    kind: blob.kind ?? placement.media.kind,
    facts: blob.facts ?? placement.facts ?? null,
    pending: blob.facts === null,
    thumbnail: blob.thumbnail,
    metadata: placement.metadata ?? {},
    labels: [...new Set(placement.labels ?? [])],
    channel: placement.channel ?? null,
    status: placement.status ?? 'inbox',
    description: placement.description ?? '',
    expiresAt: placement.expiresAt ?? expiryAfterDays(dataset.itemDays),
    createdBy: caller.email,
    origin: placement.origin ?? null,
    externalId: placement.externalId ?? null,
    extra: placement.extra ?? null,
    sourceItemId: placement.sourceItemId ?? null,
  };
}

/** `/a/scan.dcm` as `/a/scan~0f3a9c1b2d4e.dcm`. */
function pathBeside(path: string, id: string): string {
  const [, stem = path, ending = ''] = /^(.*\/[^/]+?)((?:\.[A-Za-z0-9]{1,8}){0,2})$/.exec(path) ?? [];
  return `${stem}~${id.slice(-12)}${ending}`;
}

function expiryAfterDays(days: number | null): string | null {
  return days === null ? null : new Date(Date.now() + days * 86_400_000).toISOString();
}

export function itemEvent(
  type: string,
  caller: { orgId: string; email: string },
  item: { id: string; projectId: string; datasetId: string; path: string; sha256?: string; sizeBytes?: number },
  data: Record<string, unknown> = {},
): NewEvent {
  return {
    type,
    orgId: caller.orgId,
    projectId: item.projectId,
    subject: { kind: 'item', id: item.id },
    actor: caller.email,
    data: { datasetId: item.datasetId, path: item.path, ...data },
  };
}

/** The item a placement led to; a conflict becomes an error that names what is there. */
export async function placedItem(tx: Tx, placed: Placed, path: string): Promise<{ outcome: 'created' | 'existing' | 'replaced'; item: StoredItem }> {
  const item = await selectItem(tx, placed.id);
  if (!item) throw new Error(`Item ${placed.id} is gone in the transaction that placed it.`);
  if (placed.outcome === 'conflict') {
    throw new Fault('conflict', `The path "${path}" is taken by other bytes (item ${placed.id}); use ifExists=replace or ifExists=skip.`, {
      errors: [{ path: 'query.path', message: 'is taken by an item with other bytes' }],
    });
  }
  return { outcome: placed.outcome, item };
}
