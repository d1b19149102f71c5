import type { Annotation, AnnotationOperation, Item } from '@fovea/contract';
import type { PictureFacts } from '@fovea/editor';
import { loadAnnotations } from '../../../api/annotations.ts';
import { fovea } from '../../../api/client.ts';
import type { Place, Stack } from '../../item/scan/frame-store.ts';

/**
 * Where what is shown on the page is kept: in one item, or in the items of a series, each of them a frame of the stack
 * that is worked on. Outward are the items and their own frames, inward is the stack.
 */
export interface Places {
  readonly itemIds: ReadonlySet<string>;
  /** The item that an operation belongs to, and the operation as that item has it. */
  outward(operation: AnnotationOperation): { readonly itemId: string; readonly operation: AnnotationOperation };
  /** Whether what is said about the frame, or the record of that id, is this person's to change; all of it where this is left out. */
  readonly mayChange?: (record: { readonly id: string; readonly frame: number | null }) => boolean;
  /** An operation that waits in the journal, as the stack has it. */
  back(itemId: string, operation: AnnotationOperation): AnnotationOperation;
  /** An annotation as the stack has it; of a volume, with its pixels. */
  inward(annotation: Annotation): Annotation;
  /** All annotations, as the platform has them. */
  load(signal?: AbortSignal): Promise<Annotation[]>;
}

/** Everything in one item: nothing is translated. */
export function oneItem(itemId: string, taskId: string | undefined): Places {
  return {
    itemIds: new Set([itemId]),
    outward: (operation) => ({ itemId, operation }),
    back: (_itemId, operation) => operation,
    inward: (annotation) => annotation,
    load: (signal) => loadAnnotations(itemId, taskId, signal),
  };
}

const mostAnnotations = 200_000;

/** The items of a series as one stack. */
export class SeriesPlaces implements Places {
  readonly itemIds: ReadonlySet<string>;
  private readonly item: Pick<Item, 'id' | 'datasetId'>;
  private readonly places: readonly Place[];
  private readonly taskId: string | undefined;
  private readonly indices = new Map<string, number>();
  /** Which item holds an annotation; edits after the first do not say it. */
  private readonly owners = new Map<string, string>();

  /** With a task, which is about its item alone, the other slices are shown and stay as they are. */
  constructor(item: Pick<Item, 'id' | 'datasetId'>, places: readonly Place[], taskId?: string) {
    this.item = item;
    this.places = places;
    this.taskId = taskId;
    this.itemIds = new Set(places.map(({ itemId }) => itemId));
    for (const [index, { itemId, frame }] of places.entries()) this.indices.set(`${itemId} ${frame}`, index);
  }

  readonly mayChange = ({ id, frame }: { readonly id: string; readonly frame: number | null }): boolean => {
    if (this.taskId === undefined) return true;
    const owner = frame === null ? this.owners.get(id) : this.places[frame]?.itemId;
    return (owner ?? this.item.id) === this.item.id;
  };

  outward(operation: AnnotationOperation): { itemId: string; operation: AnnotationOperation } {
    const { annotationId } = operation;
    const frame = operation.kind === 'delete' ? undefined : operation.content.frame;
    const place = typeof frame === 'number' ? this.places[frame] : undefined;
    const known = this.owners.get(annotationId);
    const itemId = known ?? place?.itemId ?? this.item.id;
    this.owners.set(annotationId, itemId);
    if (operation.kind === 'delete' || !place) return { itemId, operation };
    return { itemId, operation: { ...operation, content: { ...operation.content, frame: place.frame } } as AnnotationOperation };
  }

  back(itemId: string, operation: AnnotationOperation): AnnotationOperation {
    this.owners.set(operation.annotationId, itemId);
    if (operation.kind === 'delete' || typeof operation.content.frame !== 'number') return operation;
    return { ...operation, content: { ...operation.content, frame: this.indexOf(itemId, operation.content.frame) } } as AnnotationOperation;
  }

  inward(annotation: Annotation): Annotation {
    const { id, itemId, frame, type } = annotation;
    this.owners.set(id, itemId);
    const isOfAll = frame === null && type === 'classification';
    return isOfAll ? annotation : { ...annotation, frame: this.indexOf(itemId, frame ?? 0), endFrame: null };
  }

  async load(signal?: AbortSignal): Promise<Annotation[]> {
    const { taskId, item } = this;
    const others = [...this.itemIds].filter((id) => taskId === undefined || id !== item.id);
    const query = fovea.annotations.query(item.datasetId, { filter: { itemId: { in: others } }, limit: 1000 }, { ...(signal && { signal }) }).toArray({ limit: mostAnnotations });
    const [found, own] = await Promise.all([query, taskId === undefined ? [] : loadAnnotations(item.id, taskId, signal)]);
    return [...(found as Annotation[]), ...own];
  }

  private indexOf(itemId: string, frame: number): number {
    return this.indices.get(`${itemId} ${frame}`) ?? this.indices.get(`${itemId} 0`) ?? 0;
  }
}

/** Pictures of a patient's inside as they move, or from single sides: their frames make no volume. */
const flat = new Set(['US', 'IVUS', 'XA', 'RF', 'ES', 'GM', 'XC', 'SM', 'OP', 'MG', 'DX', 'CR', 'PX', 'IO']);

/** What the editor is to know of an item; of a series, its stack. */
export function pictureOf(item: Item, stack: Stack | undefined): PictureFacts {
  const size = { width: item.width ?? 1, height: item.height ?? 1 };
  if (item.kind !== 'dicom' && item.kind !== 'nifti') return { ...size, frames: item.kind === 'video' ? (item.frames ?? 1) : undefined };
  const count = stack?.places.length ?? item.frames ?? 1;
  const isVolume = stack?.series === undefined && !flat.has(String(item.summary['modality']));
  return { ...size, frames: count > 1 ? count : undefined, scan: isVolume && count > 1 ? 'volume' : 'frames' };
}
