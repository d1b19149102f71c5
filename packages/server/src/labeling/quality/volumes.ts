import type { AnnotationContent } from '@fovea/contract';
import { selectItem, type StoredItem } from '../../catalog/items/store.ts';
import type { Queryable } from '../../engines/database/database.ts';
import { Fault } from '../../fault.ts';
import type { StoredAnnotation } from '../annotations/store.ts';
import type { VolumeFiles } from '../segmentations/volume-files.ts';
import type { AnsweredItem } from './store.ts';

/** What reads the voxels of volumes, and writes those of merged ones. */
export type VolumeVoxels = Pick<VolumeFiles, 'slices' | 'paint'>;

/** Volumes whose voxels one report reads; items beyond are left out of it, and it says that it is of a part. */
const maxVolumes = 300;

const isVolume = (annotation: StoredAnnotation): boolean => annotation.geometry.type === 'volume' && annotation.blob !== null;

/** Answers and truths with the voxels of their volumes, slice by slice, by which these are compared. */
export function volumeReader(db: Queryable, voxels: VolumeVoxels) {
  let left = maxVolumes;

  async function read(item: StoredItem, annotation: StoredAnnotation): Promise<StoredAnnotation> {
    const { geometry, blob } = annotation;
    if (geometry.type !== 'volume' || blob === null) return annotation;
    try {
      return { ...annotation, geometry: { ...geometry, slices: await voxels.slices(item, blob, geometry.value) } };
    } catch (error) {
      // A file that is gone or no segmentation is like nothing but itself.
      if (!(error instanceof Fault)) throw error;
      return annotation;
    }
  }

  /** The annotations of one item with their voxels. */
  async function withVoxels(itemId: string, annotations: readonly StoredAnnotation[]): Promise<StoredAnnotation[]> {
    const item = annotations.some(isVolume) ? await selectItem(db, itemId) : undefined;
    if (!item) return [...annotations];
    const found: StoredAnnotation[] = [];
    for (const annotation of annotations) found.push(await read(item, annotation));
    return found;
  }

  return {
    withVoxels,

    /** The item with the voxels of its answers; undefined where so many have been read that it is left out. */
    async answered(item: AnsweredItem): Promise<AnsweredItem | undefined> {
      const count = item.answers.reduce((sum, { annotations }) => sum + annotations.filter(isVolume).length, 0);
      if (count > left) return undefined;
      left -= count;
      if (count === 0) return item;
      const answers = [];
      for (const answer of item.answers) answers.push({ ...answer, annotations: await withVoxels(item.itemId, answer.annotations) });
      return { ...item, answers };
    },
  };
}

/** What was merged, with the file of its voxels where it is a volume. */
export async function withFile<T extends { content: AnnotationContent }>(db: Queryable, voxels: VolumeVoxels, itemId: string, merged: T): Promise<T & { blob: string | null }> {
  const { geometry } = merged.content;
  if (geometry.type !== 'volume') return { ...merged, blob: null };
  if (!geometry.slices) return { ...merged, blob: geometry.blob ?? null };
  const item = await selectItem(db, itemId);
  if (!item) throw new Fault('not_found', 'The item of the answers is gone.');
  const painted = await voxels.paint(item, undefined, geometry);
  return { ...merged, content: { ...merged.content, geometry: painted.geometry }, blob: painted.blob };
}
