import type { Json, Work } from '../../../labeling/task-types/work.ts';
import { boxOf, shapesOf } from './shapes.ts';

/** `documenttranscription`: text at places on pages. */
export function documentResponse({ annotations, answers }: Work): Json {
  const found = annotations.flatMap(({ id, label, geometry, attributes, page, frame }): Json[] => {
    const shape = geometry.type === 'polygon' ? shapesOf(geometry)[0] : boxOf(geometry);
    if (!shape) return [];
    const { text = '', ...rest } = attributes;
    return [{ uuid: id, page: page > 0 ? page : (frame ?? 0), label, text, location: shape, refs: [], ...(Object.keys(rest).length > 0 ? { attributes: rest } : {}) }];
  });
  return { annotations: found, ...answers };
}
