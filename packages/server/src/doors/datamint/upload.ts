import { facet } from '@fovea/contract';
import type { DatasetAccess } from '../../catalog/datasets/access.ts';
import { Fault } from '../../fault.ts';
import { parseJson } from '../../http/body.ts';
import { readMultipart, type MultipartFile } from '../../http/multipart.ts';
import type { Caller } from '../../identity/caller.ts';
import type { FastifyRequest } from 'fastify';
import { isTrue, type Call } from './answer.ts';
import { isFault, needHome, origin, type DatamintDeps } from './context.ts';
import { decodeFilename, mimetypeOf, pathFor, toResource, type ResourceNotes } from './resource.ts';
import { parse, uploadFields } from './wire.ts';

/** One file a request; its size is bounded by the platform's own limit. */
const limits = { maxFiles: 4, maxFileBytes: Number.MAX_SAFE_INTEGER, maxFields: 50, maxFieldBytes: 2 * 1024 * 1024 };

/** The text fields of a form, and its file, handed over as it arrives. A text that comes as a file part counts as text. */
export async function readForm(request: FastifyRequest, fileField: string, onFile: (file: MultipartFile & { filename: string }) => Promise<void>): Promise<Record<string, string>> {
  const fields: Record<string, string> = {};
  let files = 0;
  await readMultipart(request, limits, {
    async file(part) {
      if (part.field === fileField) {
        files += 1;
        if (files > 1) throw new Fault('invalid_request', `The form has more than one file "${fileField}".`);
        return onFile({ ...part, filename: decodeFilename(part.filename) });
      }
      fields[part.field] = await shortText(part);
    },
    field(name, value) {
      fields[name] = value;
    },
  });
  if (files === 0) throw new Fault('invalid_request', `The form has no file "${fileField}".`);
  return fields;
}

export async function shortText(part: MultipartFile): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of part.stream) {
    length += (chunk as Buffer).length;
    if (length > limits.maxFieldBytes) throw new Fault('too_large', `The field "${part.field}" is too long.`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Datasets to upload to, by callers: files come by the thousand, and the place of the one before is that of the next. */
export type Places = Map<string, string>;

/** `POST /resources`: one file with what is said about it, in any order of parts. */
export async function uploadResource(deps: DatamintDeps, places: Places, { caller, request, reply }: Call): Promise<unknown> {
  const { items } = deps.rooms;
  const dataset = await placeFor(deps, places, caller);
  let received: (Awaited<ReturnType<typeof items.receive>> & { filename: string; partType: string }) | undefined;
  const form = await readForm(request, 'resource', async (file) => {
    const filename = baseName(file.filename);
    received = { ...(await items.receive(file.stream, filename)), filename, partType: file.mediaType };
  });
  if (!received) throw new Error('A form with a file led to no blob.');
  const { blob, media, filename, partType } = received;
  const fields = parse(uploadFields, form);
  const metadata = metadataOf(fields.metadata);
  const header = media.summary?.['modality'];
  const notes: ResourceNotes = {
    filename,
    mimetype: mimetypeOf(media.mediaType, fields.mimetype ?? partType),
    sourceFilepath: fields.source_filepath ?? null,
    modality: fields.modality || modalityIn(metadata) || (typeof header === 'string' ? header : null),
  };
  const { item } = await items.adoptStored(caller, dataset, {
    path: pathFor(fields.channel, filename),
    rule: 'beside',
    blob,
    media,
    labels: fields.tags ?? fields.labels ?? [],
    channel: fields.channel,
    status: isTrue(fields.bypass_inbox) ? 'published' : 'inbox',
    metadata,
    origin,
    extra: notes,
  });
  void reply.code(201);
  return toResource(item, caller.orgId);
}

/** The dataset to upload to, with the right to do so. */
async function placeFor(deps: DatamintDeps, places: Places, caller: Caller): Promise<DatasetAccess> {
  const { items } = deps.rooms;
  const key = `${caller.orgId} ${caller.userId} ${caller.onlyProjectId ?? ''}`;
  const known = places.get(key);
  if (known !== undefined) {
    const place = await items.authorizeUpload(caller, known).catch((error: unknown) => {
      // Deleted since: made anew below.
      if (!isFault(error, 'not_found')) throw error;
      return undefined;
    });
    if (place) return place;
  }
  const { datasetId } = await needHome(deps, caller);
  if (places.size >= 10_000) places.clear();
  places.set(key, datasetId);
  return items.authorizeUpload(caller, datasetId);
}

const baseName = (name: string): string => name.split(/[/\\]/).findLast((part) => part !== '') ?? 'file';

function metadataOf(text: string | undefined): Record<string, unknown> {
  if (text === undefined || text.trim() === '') return {};
  const value = parseJson(Buffer.from(text));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Fault('invalid_request', 'metadata must be a JSON object.');
  return value as Record<string, unknown>;
}

function modalityIn(metadata: Record<string, unknown>): string | undefined {
  const value = Object.entries(metadata).find(([key]) => key.toLowerCase() === 'modality')?.[1];
  return typeof value === 'string' && facet.safeParse(value).success ? value : undefined;
}
