import type { Annotation } from '@fovea/contract';
import { StackMask, volumeWith } from '@fovea/editor';
import { ApiError } from '@fovea/sdk';
import { fovea } from '../../../api/client.ts';

/** The annotation with its pixels, when it is a volume: an answer names their file only. */
export async function withVoxels(annotation: Annotation, signal?: AbortSignal): Promise<Annotation> {
  const { geometry } = annotation;
  if (geometry.type !== 'volume') return annotation;
  try {
    const { data } = await fovea.segmentations.slices(annotation.id, { ...(signal && { signal }) });
    return { ...annotation, geometry: volumeWith(geometry, StackMask.of(data)) };
  } catch (error) {
    // A volume whose file is of another kind or gone stays as it is: listed, not drawn.
    if (error instanceof ApiError && error.status < 500 && error.status !== 401) return annotation;
    throw error;
  }
}

/** So many at once: each of them is a file that the platform unpacks. */
const mostAtOnce = 4;

export async function allWithVoxels(annotations: readonly Annotation[], signal?: AbortSignal): Promise<Annotation[]> {
  const loaded = [...annotations];
  const volumes = loaded.flatMap(({ geometry }, index) => (geometry.type === 'volume' ? [index] : []));
  for (let start = 0; start < volumes.length; start += mostAtOnce) {
    await Promise.all(
      volumes.slice(start, start + mostAtOnce).map(async (index) => {
        const annotation = loaded[index];
        if (annotation) loaded[index] = await withVoxels(annotation, signal);
      }),
    );
  }
  return loaded;
}
