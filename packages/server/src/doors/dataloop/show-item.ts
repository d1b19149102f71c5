import type { Folder } from '../../catalog/folders/store.ts';
import type { StoredItem } from '../../catalog/items/store.ts';
import { urlOf, type DataloopDeps } from './context.ts';
import { toWireId } from './ids.ts';
import type { ItemRefs } from './item-refs.ts';
import { asJson, type Json } from './json.ts';

export const isHidden = (path: string): boolean => path.includes('/.');

/** An item as the wire has it; `refs` are the tasks that it is in. */
export function showItem(deps: Pick<DataloopDeps, 'settings'>, item: StoredItem, refs: ItemRefs): Json {
  const id = toWireId(item.id);
  return {
    ...common(deps, { id, datasetId: item.datasetId, path: item.path }),
    type: 'file',
    metadata: metadataOf(item, refs),
    annotated: item.annotationCount > 0,
    annotationsCount: item.annotationCount,
    stream: urlOf(deps, `/items/${id}/stream`),
    thumbnail: urlOf(deps, `/items/${id}/thumbnail`),
    annotations: urlOf(deps, `/items/${id}/annotations`),
    creator: item.createdBy,
    createdAt: item.createdAt,
    updatedAt: item.updatedAt,
    updatedBy: item.updatedBy,
    description: item.description === '' ? null : item.description,
    spec: null,
    srcItem: item.sourceItemId === null ? null : toWireId(item.sourceItemId),
  };
}

/** A folder: an item without content. */
export function showFolder(deps: Pick<DataloopDeps, 'settings'>, folder: Folder): Json {
  const id = toWireId(folder.id);
  return {
    ...common(deps, { id, datasetId: folder.datasetId, path: folder.path }),
    type: 'dir',
    metadata: { system: { refs: [] } },
    annotated: false,
    annotationsCount: 0,
    stream: null,
    thumbnail: null,
    annotations: null,
    creator: folder.createdBy,
    createdAt: folder.createdAt,
    updatedAt: folder.createdAt,
    updatedBy: folder.createdBy,
    description: null,
    spec: null,
    srcItem: null,
  };
}

function common(deps: Pick<DataloopDeps, 'settings'>, { id, datasetId, path }: { id: string; datasetId: string; path: string }): Json {
  const slash = path.lastIndexOf('/');
  const dataset = toWireId(datasetId);
  return {
    id,
    url: urlOf(deps, `/items/${id}`),
    datasetId: dataset,
    dataset: urlOf(deps, `/datasets/${dataset}`),
    filename: path,
    name: path.slice(slash + 1),
    dir: slash === 0 ? '/' : path.slice(0, slash),
    hidden: isHidden(path),
  };
}

/** What was set, and over it what the file itself says. */
function metadataOf(item: StoredItem, { refs, taskStatusLog }: ItemRefs): Json {
  const video = item.kind === 'video';
  const { capturedAt, channels } = item.summary;
  const system: Json = {
    encoding: '7bit',
    isBinary: true,
    annotationStatus: [],
    ...asJson(asJson(item.extra)?.['system']),
    originalname: item.name,
    size: item.sizeBytes,
    mimetype: item.mediaType,
    ...given({ width: item.width, height: item.height, channels: channels ?? null, fps: video ? item.fps : null, duration: video ? item.durationSeconds : null }),
    ...(video && item.frames !== null ? { ffmpeg: { nb_read_frames: item.frames, nb_frames: item.frames, duration: item.durationSeconds, avg_frame_rate: item.fps === null ? null : String(item.fps) } } : {}),
    ...(item.kind === 'image' ? { exif: { Orientation: item.orientation ?? 1, ...(capturedAt === undefined ? {} : { DateTimeOriginal: capturedAt }) } } : {}),
    refs,
    taskStatusLog,
  };
  return { ...(video && item.fps !== null ? { fps: item.fps } : {}), ...item.metadata, system };
}

const given = (record: Json): Json => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null && value !== undefined));
