import { createHash } from 'node:crypto';
import type { VersionItem } from '@fovea/contract';
import { jwtVerify, SignJWT, errors } from 'jose';
import type { StoredItem } from '../../catalog/items/store.ts';
import { Fault } from '../../fault.ts';
import type { ZipEntry } from '../../http/stored-zip.ts';
import type { Caller } from '../../identity/caller.ts';
import type { StoredAnnotation } from '../../labeling/annotations/store.ts';
import { annotationNotes } from './annotation.ts';
import { contentsOf, itemsOf, type Collection } from './collections.ts';
import type { DatamintDeps } from './context.ts';
import { filesIn, type DatasetForm } from './dataset-forms.ts';
import { maskFile } from './masks.ts';
import { notesOf } from './resource.ts';

type Row = Record<string, unknown>;

/** A file of the archive, in the blob store. */
interface PlannedFile {
  name: string;
  sha256: string;
  size: number;
}

/** How long the token of a prepared archive opens it. */
const tokenSeconds = 3_600;
const audience = 'datamint-dataset';

/** What becomes a file of the archive. */
type Source = Pick<StoredItem, 'id' | 'kind' | 'frames' | 'sha256' | 'sizeBytes' | 'problem' | 'createdAt' | 'extra' | 'name' | 'mediaType' | 'summary' | 'labels'>;
type Mark = Pick<StoredAnnotation, 'id' | 'label' | 'type' | 'geometry' | 'attributes' | 'frame' | 'source' | 'origin' | 'extra' | 'blob' | 'createdBy'>;

interface Head {
  id: string;
  name: string;
  version: number;
  updated_at: string;
}

export interface PrepareOptions {
  onProgress?: (done: number, total: number) => void;
  onlyAnnotated?: boolean;
  /** What the resources are downloaded as; DICOM when absent. */
  form?: DatasetForm;
  /** The number of a version of a dataset; what is there now when absent. */
  version?: number;
}

/**
 * Prepares the archive of a collection: what is not DICOM (or of the form that was asked for) is converted, `dataset.json` is written, and the list of files goes into the
 * blob store, where the token finds it again. Items that no such file can be made of (videos, text) are left out.
 */
export async function prepareDataset(deps: DatamintDeps, caller: Caller, collection: Collection, options: PrepareOptions = {}): Promise<string> {
  const { head, total, sources } = await (options.version === undefined ? present(deps, caller, collection) : past(deps, caller, collection, options.version));
  const files: PlannedFile[] = [];
  const resources: Row[] = [];
  let done = 0;
  for await (const { item, marks } of sources) {
    const made = options.onlyAnnotated && marks.length === 0 ? [] : await filesOf(deps, item, options.form ?? 'dicom');
    done += 1;
    options.onProgress?.(done, Math.max(done, total));
    if (made.length === 0) continue;
    files.push(...made);
    const shown: Row[] = [];
    for (const mark of marks) {
      const mask = await maskFile(deps.engines.blobs, mark);
      if (mask) files.push({ name: `masks/${mask.name}`, sha256: mask.sha256, size: mask.size });
      shown.push(annotationEntry(mark, mask && `masks/${mask.name}`));
    }
    resources.push(resourceEntry(item, made.map(({ name }) => name), shown));
  }
  files.unshift({ name: 'dataset.json', ...(await keep(deps, Buffer.from(JSON.stringify({ ...head, resources, images: resources })))) });
  const plan = await keep(deps, Buffer.from(JSON.stringify({ name: head.name, files })));
  return signToken(deps, caller, plan.sha256);
}

interface Contents {
  head: Head;
  total: number;
  sources: AsyncIterable<{ item: Source; marks: Mark[] }>;
}

async function present(deps: DatamintDeps, caller: Caller, collection: Collection): Promise<Contents> {
  // Read before the contents: what changes meanwhile has the client ask again.
  const contents = (await contentsOf(deps, [collection])).get(collection.id);
  async function* sources() {
    for await (const items of itemsOf(deps, caller, collection)) {
      const marks = Map.groupBy(await deps.rooms.annotations.shownOfItems(caller, collection.projectId, items.map(({ id }) => id)), ({ itemId }) => itemId);
      for (const item of items) yield { item, marks: marks.get(item.id) ?? [] };
    }
  }
  const version = await lastVersion(deps, caller, collection);
  return { head: { id: collection.id, name: collection.name, version, updated_at: contents?.changedAt ?? collection.createdAt }, total: contents?.items ?? 0, sources: sources() };
}

/** The number of the newest version of a dataset; 1 where there is none, and for a project, which has no versions. */
export async function lastVersion({ rooms }: DatamintDeps, caller: Caller, collection: Collection): Promise<number> {
  if (!collection.dataset) return 1;
  const { data } = await rooms.versions.list(caller, collection.datasetId, { limit: 1 });
  return data[0]?.number ?? 1;
}

/** A version as it was committed. Its items and annotations have no ids of their own: they get some that are the same every time. */
async function past({ rooms }: DatamintDeps, caller: Caller, collection: Collection, number: number): Promise<Contents> {
  if (!collection.dataset) throw new Fault('not_found', 'Not Found');
  const version = await rooms.versions.get(caller, collection.datasetId, `v${number}`);
  async function* sources() {
    for await (const item of rooms.versions.walk(caller, collection.datasetId, `v${number}`)) {
      const id = stableId(collection.id, item.path);
      const name = item.path.split('/').at(-1) ?? item.path;
      const marks = item.annotations.map((annotation, index) => toMark(annotation, stableId(id, `${index} ${JSON.stringify(annotation)}`), version.createdBy));
      yield { item: { ...item, id, name, problem: null, createdAt: version.createdAt, extra: null, summary: {} }, marks };
    }
  }
  return { head: { id: collection.id, name: collection.name, version: number, updated_at: version.createdAt }, total: version.itemCount, sources: sources() };
}

function toMark(annotation: VersionItem['annotations'][number], id: string, createdBy: string): Mark {
  const geometry = annotation.geometry ?? { type: 'classification' as const };
  const { label, attributes = {}, frame = null, source = 'human', blob = null } = annotation;
  return { id, label, type: geometry.type, geometry, attributes, frame, source, origin: null, extra: null, blob, createdBy };
}

/** A UUID (version 8) of a name below another. */
function stableId(below: string, name: string): string {
  const hex = createHash('sha256').update(`${below} ${name}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

async function keep({ engines }: DatamintDeps, bytes: Uint8Array): Promise<{ sha256: string; size: number }> {
  const [stored] = await engines.blobs.putMany([bytes]);
  if (!stored) throw new Error('The blob store gave nothing back.');
  return stored;
}

function resourceEntry(item: Source, files: readonly string[], annotations: Row[]): Row {
  const { filename, mimetype, modality } = notesOf(item);
  const [file] = files;
  return { id: item.id, file, image_file: file, ...(files.length > 1 ? { files } : {}), filename, mimetype, modality, labels: item.labels, tags: item.labels, frame_labels: null, annotations };
}

function annotationEntry(annotation: Mark, file: string | undefined): Row {
  const notes = annotationNotes(annotation);
  return {
    id: annotation.id,
    name: annotation.label,
    type: notes.type,
    scope: notes.scope,
    index: notes.frame_index,
    value: notes.value ?? null,
    added_by: annotation.createdBy,
    ...(notes.geometry ? { geometry: notes.geometry } : {}),
    ...(file === undefined ? {} : { file }),
  };
}

/** The files of an item in a form: as it was uploaded, or converted; none where it cannot be. */
async function filesOf(deps: DatamintDeps, item: Source, form: DatasetForm): Promise<PlannedFile[]> {
  const stem = `images/${item.id}`;
  if (form === 'dicom' && item.kind === 'dicom') return [{ name: `${stem}.dcm`, sha256: item.sha256, size: item.sizeBytes }];
  if (item.problem !== null) return [];
  const { filename, modality } = notesOf(item);
  const file = await deps.engines.blobs.localPath(item.sha256);
  try {
    const files: PlannedFile[] = [];
    for await (const { ending, bytes } of filesIn(form, file.path, item, { itemId: item.id, modality, filename, createdAt: item.createdAt })) {
      files.push({ name: `${stem}${ending}`, ...(bytes ? await keep(deps, bytes) : { sha256: item.sha256, size: item.sizeBytes }) });
    }
    return files;
  } finally {
    await file.release();
  }
}

const keyOf = ({ settings }: DatamintDeps): Uint8Array => new TextEncoder().encode(settings.secret);

function signToken(deps: DatamintDeps, caller: Caller, plan: string): Promise<string> {
  return new SignJWT({ plan }).setProtectedHeader({ alg: 'HS256' }).setAudience(audience).setSubject(caller.orgId).setExpirationTime(`${tokenSeconds}s`).sign(keyOf(deps));
}

/** The files of an archive that was prepared for the caller's organisation. */
export async function openDataset(deps: DatamintDeps, caller: Caller, token: string): Promise<{ name: string; entries: ZipEntry[] }> {
  const plan = await jwtVerify(token, keyOf(deps), { audience, subject: caller.orgId }).then(
    ({ payload }) => String(payload['plan']),
    (error: unknown) => {
      if (error instanceof errors.JOSEError) throw new Fault('not_found', 'Not Found');
      throw error;
    },
  );
  const chunks: Buffer[] = [];
  for await (const chunk of await deps.engines.blobs.get(plan)) chunks.push(chunk as Buffer);
  const { name, files } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { name: string; files: PlannedFile[] };
  return { name, entries: files.map((file) => ({ name: file.name, size: file.size, open: () => deps.engines.blobs.get(file.sha256) })) };
}
