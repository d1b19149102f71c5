import type { MediaKind } from '@fovea/contract';
import type { StoredItem } from '../../catalog/items/store.ts';
import { base } from './context.ts';

/** What the door keeps on an item: what its columns cannot say, or not as it was sent. */
export interface ResourceNotes {
  filename: string;
  mimetype: string;
  sourceFilepath: string | null;
  /** From the form, else the header; null when neither says. */
  modality: string | null;
}

type Row = Record<string, unknown>;

const storages: Partial<Record<MediaKind, string>> = { dicom: 'DicomResource', image: 'ImageResource', nifti: 'NiftiResource', video: 'VideoResource' };

export function notesOf(item: Pick<StoredItem, 'extra' | 'name' | 'mediaType' | 'summary'>): ResourceNotes {
  const kept = (item.extra ?? {}) as Partial<ResourceNotes>;
  return {
    filename: kept.filename ?? item.name,
    mimetype: kept.mimetype ?? item.mediaType,
    sourceFilepath: kept.sourceFilepath ?? null,
    modality: kept.modality ?? textIn(item.summary, 'modality'),
  };
}

const textIn = (row: Row, key: string): string | null => (typeof row[key] === 'string' ? row[key] : null);

/** What the server found in the file, as the clients look for it. */
function mediaMetadata(item: StoredItem): Row {
  const sides = item.width === null || item.height === null ? {} : { width: item.width, height: item.height };
  switch (item.kind) {
    case 'dicom':
      return { ...sides, frame_count: item.frames ?? 1 };
    case 'nifti':
      return { ...sides, frame_count: item.frames ?? 1, ...gridOf(item.summary) };
    case 'video': {
      const stream = { codec_type: 'video', codec_name: item.summary['codec'] ?? null, nb_frames: item.frames, ...sides, duration: item.durationSeconds };
      return { ...sides, frame_count: item.frames ?? 0, streams: [stream] };
    }
    default:
      return sides;
  }
}

/** Where the voxels are, in the words of the NIfTI header: lists begin with the number of axes. */
function gridOf({ dims, spacing, affine }: Row): Row {
  if (!Array.isArray(dims)) return {};
  return {
    dims: [dims.length, ...(dims as number[])],
    ...(Array.isArray(spacing) ? { pixDims: [1, ...dims.map((_, axis): unknown => (spacing as unknown[])[axis] ?? 1)] } : {}),
    ...(Array.isArray(affine) ? { affine: affine.length === 3 ? [...(affine as unknown[]), [0, 0, 0, 1]] : affine } : {}),
  };
}

/** The resource object, in the one form that serves both clients. */
export function toResource(item: StoredItem, orgId: string): Row {
  const notes = notesOf(item);
  return {
    id: item.id,
    filename: notes.filename,
    mimetype: notes.mimetype,
    size: item.sizeBytes,
    status: item.deleted ? 'deleted' : item.status,
    published: item.status === 'published',
    published_on: item.publishedAt,
    published_by: item.publishedBy,
    deleted: item.deleted,
    deleted_at: item.deleted ? item.updatedAt : null,
    deleted_by: null,
    created_at: item.createdAt,
    created_by: item.createdBy,
    resource_uri: `/resources/${item.id}/file`,
    storage: storages[item.kind] ?? 'FileResource',
    location: `${base}/resources/${item.id}/file`,
    upload_channel: item.channel ?? '',
    upload_mechanism: 'api',
    customer_id: orgId,
    modality: notes.modality,
    metadata: { ...item.metadata, ...mediaMetadata(item) },
    source_filepath: notes.sourceFilepath,
    tags: item.labels,
    labels: item.labels,
    instance_uid: textIn(item.summary, 'sopInstanceUid'),
    series_uid: textIn(item.summary, 'seriesInstanceUid'),
    study_uid: textIn(item.summary, 'studyInstanceUid'),
    patient_id: textIn(item.summary, 'patientId'),
  };
}

/** A place in the dataset for an upload: a folder for its channel, and a name that every path may have. */
export function pathFor(channel: string | undefined, filename: string): string {
  return `/${segment(channel ?? 'inbox')}/${segment(filename)}`;
}

function segment(text: string): string {
  const clean = text.toWellFormed().replace(/[/\\\u0000-\u001f\u007f]/g, '_');
  const short = shorten(clean === '' || clean === '.' || clean === '..' ? '_' : clean, 200);
  return short;
}

/** At most so many bytes of UTF-8; the ending stays. */
function shorten(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const ending = /(?:\.[A-Za-z0-9]{1,8}){1,2}$/.exec(text)?.[0] ?? '';
  let stem = text.slice(0, text.length - ending.length);
  while (Buffer.byteLength(stem) + ending.length > maxBytes) stem = [...stem].slice(0, -1).join('');
  return stem + ending;
}

/** Undoes the percent-encoding of `Content-Disposition`, once. A name that is not so encoded stays. */
export function decodeFilename(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

const generic = new Set(['application/octet-stream', 'text/plain', 'application/gzip', 'application/zip']);

/** The media type that is shown: what the bytes say, and what the client said where they say little. */
export function mimetypeOf(found: string, said: string | undefined): string {
  const given = said?.split(';')[0]?.trim().toLowerCase();
  return generic.has(found) && given !== undefined && /^[\w.+-]+\/[\w.+-]+$/.test(given) && given !== 'application/octet-stream' ? given : found;
}
