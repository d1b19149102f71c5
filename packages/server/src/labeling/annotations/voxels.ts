import type { AnnotationGeometry } from '@fovea/contract';
import type { StoredItem } from '../../catalog/items/store.ts';
import type { VolumeFiles } from '../segmentations/volume-files.ts';
import type { StoredAnnotation } from './store.ts';

/** What writes frames of volumes into files. */
export type VoxelWriter = Pick<VolumeFiles, 'paint'>;

/** Content that speaks of single frames of a volume, with the file that they make upon the state before; any other content as it is. */
export async function withVoxels<T extends { geometry?: AnnotationGeometry }>(
  writer: VoxelWriter,
  item: StoredItem,
  content: T,
  before?: Pick<StoredAnnotation, 'geometry' | 'blob'>,
): Promise<T & { blob?: string }> {
  const { geometry } = content;
  if (geometry?.type !== 'volume' || !geometry.slices) return content;
  const old = before?.geometry.type === 'volume' ? { blob: before.blob, value: before.geometry.value } : undefined;
  return { ...content, ...(await writer.paint(item, old, geometry)) };
}
