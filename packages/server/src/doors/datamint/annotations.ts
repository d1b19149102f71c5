import { newId } from '@fovea/contract';
import type { StoredItem } from '../../catalog/items/store.ts';
import { Fault } from '../../fault.ts';
import { parseJson } from '../../http/body.ts';
import type { MultipartFile } from '../../http/multipart.ts';
import { sendFile } from '../../http/send-file.ts';
import type { Caller } from '../../identity/caller.ts';
import type { StoredAnnotation } from '../../labeling/annotations/store.ts';
import { get, idOf, listOf, patch, post, remove, type Call, type DoorRoute } from './answer.ts';
import { annotationNotes, fromWire, toWire, type AnnotationNotes, type NewAnnotation } from './annotation.ts';
import { searchAnnotations } from './annotation-search.ts';
import type { DatamintDeps } from './context.ts';
import { maskFile, readMask, splitLabels } from './masks.ts';
import { readForm } from './upload.ts';
import { annotationChange, annotationItems, idsBody, parse, searchBody, segmentationMap, volumeFields } from './wire.ts';

/** Largest file of a segmentation: it is read into memory to become a shape. */
const maxFileBytes = 1024 ** 3;

/** Annotations of resources, and the files of segmentations. */
export function annotationRoutes(deps: DatamintDeps): DoorRoute[] {
  const { annotations } = deps.rooms;
  return [
    post('/annotations/search', async ({ caller, body }) => {
      const { rows, total } = await searchAnnotations(deps, caller, parse(searchBody, await body()));
      return listOf('annotations', rows, total);
    }),
    post('/annotations/delete-batch', async ({ caller, body }) => {
      const { ids } = parse(idsBody, await body());
      for (const id of ids) await annotations.get(caller, idOf(id));
      for (const id of ids) await annotations.delete(caller, id);
      return {};
    }),
    get('/annotations', async ({ caller, query }) => {
      const { rows, total } = await searchAnnotations(deps, caller, parse(searchBody, query));
      return { data: rows, totalCount: total };
    }),
    post('/annotations/:id/annotations', async (call) => {
      const resource = await resourceOf(deps, call);
      const given = await call.body();
      const items = parse(annotationItems, Array.isArray(given) ? given : [given]);
      const made = await annotations.create(call.caller, resource.id, items.map((item): NewAnnotation => ({ ...fromWire(item, resource), id: newId() })));
      void call.reply.code(201);
      return made.map(({ id }) => id);
    }),
    post('/annotations/:id/annotations/:annotation/file', (call) => uploadMask(deps, call)),
    get('/annotations/:id/annotations/:annotation/file', (call) => sendMask(deps, call)),
    post('/annotations/:id/segmentations/file', (call) => uploadVolume(deps, call)),
    get('/annotations/:id', async ({ caller, params }) => toWire(await annotations.get(caller, idOf(params['id'])))),
    patch('/annotations/:id', (call) => changeAnnotation(deps, call)),
    patch('/annotations/:id/approve', async ({ caller, params }) => {
      const { id, notes } = await annotationOf(deps, caller, params['id']);
      await annotations.update(caller, id, { status: 'approved', extra: { ...notes, approved_at: new Date().toISOString(), approved_by: caller.email } });
      return {};
    }),
    remove('/annotations/:id', async ({ caller, params }) => {
      await annotations.delete(caller, idOf(params['id']));
      return {};
    }),
  ];
}

async function resourceOf({ rooms }: DatamintDeps, { caller, params }: Call): Promise<StoredItem> {
  return rooms.items.getStored(caller, idOf(params['id']));
}

async function annotationOf({ rooms }: DatamintDeps, caller: Caller, given: string | undefined): Promise<StoredAnnotation & { notes: AnnotationNotes }> {
  const annotation = await rooms.annotations.get(caller, idOf(given));
  return { ...annotation, notes: annotationNotes(annotation) };
}

/** The annotation in a path that names its resource too. */
async function ofResource(deps: DatamintDeps, { caller, params }: Call): Promise<StoredAnnotation & { notes: AnnotationNotes }> {
  const annotation = await annotationOf(deps, caller, params['annotation']);
  if (annotation.itemId !== params['id']) throw new Fault('not_found', 'Not Found');
  return annotation;
}

async function changeAnnotation({ rooms }: DatamintDeps, { caller, params, body }: Call): Promise<unknown> {
  const annotation = await rooms.annotations.get(caller, idOf(params['id']));
  const { identifier, project_id: project } = parse(annotationChange, await body());
  const after = await rooms.annotations.update(caller, annotation.id, {
    ...(identifier === undefined ? {} : { label: identifier }),
    ...(project === undefined ? {} : { extra: { ...annotationNotes(annotation), project } }),
  });
  return toWire(after);
}

export async function bytesOf(part: MultipartFile): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of part.stream) {
    length += (chunk as Buffer).length;
    if (length > maxFileBytes) throw new Fault('too_large', `A file of a segmentation has at most ${maxFileBytes.toLocaleString('en')} bytes.`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks, length);
}

async function keep({ engines }: DatamintDeps, bytes: Uint8Array): Promise<string> {
  const [stored] = await engines.blobs.putMany([bytes]);
  if (!stored) throw new Error('The blob store gave nothing back.');
  return stored.sha256;
}

/** `POST …/annotations/{id}/file`: the bytes are kept as they are, and become the shape of the annotation. */
async function uploadMask(deps: DatamintDeps, call: Call): Promise<unknown> {
  const resource = await resourceOf(deps, call);
  const annotation = await ofResource(deps, call);
  let got: { bytes: Uint8Array; name: string } | undefined;
  await readForm(call.request, 'file', async (file) => {
    got = { bytes: await bytesOf(file), name: file.filename };
  });
  if (!got) throw new Error('A form with a file led to no bytes.');
  void call.reply.code(201);
  return toWire(await attachMask(deps, call.caller, resource, annotation, got));
}

/** Keeps the file of a segmentation as it is, and gives the annotation its shape. */
export async function attachMask(deps: DatamintDeps, caller: Caller, resource: StoredItem, annotation: StoredAnnotation, { bytes, name }: { bytes: Uint8Array; name: string }): Promise<StoredAnnotation> {
  const blob = await keep(deps, bytes);
  const { mediaType, geometry } = await readMask(bytes, blob, annotation, resource);
  const extra: AnnotationNotes = { ...annotationNotes(annotation), file: { name, mediaType } };
  const shape = geometry ? { type: geometry.type, geometry } : {};
  return deps.rooms.annotations.update(caller, annotation.id, { ...shape, blob, extra });
}

async function sendMask(deps: DatamintDeps, call: Call): Promise<void> {
  const annotation = await ofResource(deps, call);
  const file = await maskFile(deps.engines.blobs, annotation);
  if (!file) throw new Fault('not_found', 'The annotation has no file.');
  await sendFile(call.request, call.reply, { ...file, filename: file.name, inline: false, read: (range) => deps.engines.blobs.get(file.sha256, range) });
}

/** `POST …/segmentations/file`: one annotation for each value of the volume, each with a volume of its own. */
async function uploadVolume(deps: DatamintDeps, call: Call): Promise<unknown> {
  const resource = await resourceOf(deps, call);
  let bytes: Uint8Array | undefined;
  const form = await readForm(call.request, 'file', async (file) => {
    bytes = await bytesOf(file);
  });
  const fields = parse(volumeFields, form);
  const names = parse(segmentationMap, fields.segmentation_map ? parseJson(Buffer.from(fields.segmentation_map)) : {});
  const parts = splitLabels(bytes ?? new Uint8Array());
  const stored = parts.length === 0 ? [] : await deps.engines.blobs.putMany(parts.map(({ nifti }) => nifti));
  const inputs = parts.map(({ value, size }, index): NewAnnotation => {
    const blob = stored[index]?.sha256 ?? '';
    const base = fromWire({ type: 'segmentation', identifier: names[String(value)] ?? names['default'] ?? `seg_${value}`, scope: 'image', ...withoutEmpty(fields) }, resource);
    const extra: AnnotationNotes = { ...(base.extra as AnnotationNotes), file: { name: `${value}.nii.gz`, mediaType: 'application/nifti' } };
    return { ...base, id: newId(), type: 'volume', geometry: { type: 'volume', blob, value: 1, size }, frame: null, endFrame: null, blob, extra };
  });
  const made = await deps.rooms.annotations.create(call.caller, resource.id, inputs);
  void call.reply.code(201);
  return made.map(({ id }) => id);
}

function withoutEmpty({ source, imported_from, annotation_worklist_id, model_id }: { source?: string | undefined; imported_from?: string | undefined; annotation_worklist_id?: string | undefined; model_id?: string | undefined }) {
  return Object.fromEntries(Object.entries({ source, imported_from, annotation_worklist_id, model_id }).filter(([, value]) => value !== undefined && value !== ''));
}
