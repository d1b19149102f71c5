import type { Annotation } from '@fovea/contract';
import { StackMask, volumeWith } from '@fovea/editor';
import { ApiError } from '@fovea/sdk';
import { fovea } from '../../../api/client.ts';
import { hasCode } from '../../../api/errors.ts';

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

/** While it changes faster than its pixels come, they are asked for so often; then its next news tells. */
const mostAsks = 5;

/** The annotation with its pixels, both of one moment; undefined when it is gone by then, or changes on and on. */
export async function atOneMoment(annotation: Annotation, signal: AbortSignal): Promise<Annotation | undefined> {
  let current = annotation;
  for (let asked = 0; asked < mostAsks; asked++) {
    if (current.geometry.type !== 'volume') return current;
    const whole = await withVoxels(current, signal);
    const now = await ifThere(current.id, signal);
    if (!now || now.revision === current.revision) return now && whole;
    current = now;
  }
  return undefined;
}

async function ifThere(id: string, signal: AbortSignal): Promise<Annotation | undefined> {
  try {
    return await fovea.annotations.get(id, { signal });
  } catch (error) {
    if (hasCode(error, 'not_found')) return undefined;
    throw error;
  }
}

/** So many at once: each of them is a file that the platform unpacks. */
const mostAtOnce = 4;

export async function allWithVoxels(annotations: readonly Annotation[], load = (annotation: Annotation): Promise<Annotation | undefined> => withVoxels(annotation)): Promise<Annotation[]> {
  const loaded: (Annotation | undefined)[] = [...annotations];
  const volumes = annotations.flatMap(({ geometry }, index) => (geometry.type === 'volume' ? [index] : []));
  for (let start = 0; start < volumes.length; start += mostAtOnce) {
    await Promise.all(
      volumes.slice(start, start + mostAtOnce).map(async (index) => {
        const annotation = loaded[index];
        if (annotation) loaded[index] = await load(annotation);
      }),
    );
  }
  return loaded.filter((annotation) => annotation !== undefined);
}
