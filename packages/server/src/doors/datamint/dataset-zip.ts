import { jwtVerify, SignJWT, errors } from 'jose';
import type { StoredItem } from '../../catalog/items/store.ts';
import { Fault } from '../../fault.ts';
import type { ZipEntry } from '../../http/stored-zip.ts';
import type { Caller } from '../../identity/caller.ts';
import type { StoredAnnotation } from '../../labeling/annotations/store.ts';
import { annotationNotes } from './annotation.ts';
import { contentsOf, itemsOf, type Collection } from './collections.ts';
import type { DatamintDeps } from './context.ts';
import { maskFile } from './masks.ts';
import { notesOf } from './resource.ts';
import { pictureToDicom, volumeToDicom } from './secondary-capture.ts';

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

/**
 * Prepares the archive of a collection: what is not DICOM is converted, `dataset.json` is written, and the list of files goes into the
 * blob store, where the token finds it again. Items that no DICOM file can be made of (videos, text) are left out.
 */
export async function prepareDataset(deps: DatamintDeps, caller: Caller, collection: Collection, onProgress: (done: number, total: number) => void): Promise<string> {
  // Read before the contents: what changes meanwhile has the client ask again.
  const contents = (await contentsOf(deps, [collection])).get(collection.id);
  const files: PlannedFile[] = [];
  const resources: Row[] = [];
  let done = 0;
  for await (const items of itemsOf(deps, caller, collection)) {
    const annotations = Map.groupBy(await deps.rooms.annotations.ofItems(items.map(({ id }) => id)), ({ itemId }) => itemId);
    for (const item of items) {
      const file = await dicomOf(deps, item);
      done += 1;
      onProgress(done, Math.max(done, contents?.items ?? done));
      if (!file) continue;
      files.push(file);
      const shown: Row[] = [];
      for (const annotation of annotations.get(item.id) ?? []) {
        const mask = await maskFile(deps.engines.blobs, annotation);
        if (mask) files.push({ name: `masks/${mask.name}`, sha256: mask.sha256, size: mask.size });
        shown.push(annotationEntry(annotation, mask && `masks/${mask.name}`));
      }
      resources.push(resourceEntry(item, file.name, shown));
    }
  }
  const description = { id: collection.id, name: collection.name, version: 1, updated_at: contents?.changedAt ?? collection.createdAt, resources, images: resources };
  files.unshift({ name: 'dataset.json', ...(await keep(deps, Buffer.from(JSON.stringify(description)))) });
  const plan = await keep(deps, Buffer.from(JSON.stringify({ name: collection.name, files })));
  return signToken(deps, caller, plan.sha256);
}

async function keep({ engines }: DatamintDeps, bytes: Uint8Array): Promise<{ sha256: string; size: number }> {
  const [stored] = await engines.blobs.putMany([bytes]);
  if (!stored) throw new Error('The blob store gave nothing back.');
  return stored;
}

function resourceEntry(item: StoredItem, file: string, annotations: Row[]): Row {
  const { filename, mimetype, modality } = notesOf(item);
  return { id: item.id, file, image_file: file, filename, mimetype, modality, labels: item.labels, tags: item.labels, annotations };
}

function annotationEntry(annotation: StoredAnnotation, file: string | undefined): Row {
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

/** The item as DICOM: as it was uploaded, or converted; undefined where neither can be. */
async function dicomOf(deps: DatamintDeps, item: StoredItem): Promise<PlannedFile | undefined> {
  const name = `images/${item.id}.dcm`;
  if (item.kind === 'dicom') return { name, sha256: item.sha256, size: item.sizeBytes };
  if ((item.kind !== 'image' && item.kind !== 'nifti') || item.problem !== null) return undefined;
  const { filename, modality } = notesOf(item);
  const file = await deps.engines.blobs.localPath(item.sha256);
  try {
    const facts = { itemId: item.id, modality, filename, createdAt: item.createdAt };
    return { name, ...(await keep(deps, await (item.kind === 'image' ? pictureToDicom : volumeToDicom)(file.path, facts))) };
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
