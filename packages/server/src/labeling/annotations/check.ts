import type { AnnotationContent, Item } from '@fovea/contract';
import { frameFault, geometryFault, keyframesFault } from '@fovea/geometry';

type Checked = Pick<AnnotationContent, 'type' | 'geometry' | 'frame' | 'endFrame' | 'keyframes'>;

/** What is wrong with an annotation on this item, or undefined. Sizes are checked once the item has been probed. */
export function annotationFault(content: Checked, item: Pick<Item, 'width' | 'height' | 'frames'>): string | undefined {
  if (content.geometry.type !== content.type) return `The type is "${content.type}" and the geometry "${content.geometry.type}"; they must agree.`;
  const volume = volumeFault(content.geometry);
  if (volume) return volume;
  if (content.frame === null && content.endFrame !== null) return 'An endFrame needs a frame.';
  const frames = item.frames ?? undefined;
  // Before the probe every size is possible; then only what holds of any picture is checked.
  const media = { width: item.width ?? Number.MAX_SAFE_INTEGER, height: item.height ?? Number.MAX_SAFE_INTEGER, frames };
  const unknownSize = item.width === null || item.height === null;
  const geometry = unknownSize && ['mask', 'volume', 'text', 'classification'].includes(content.type) ? undefined : geometryFault(content.geometry, media, { away: unknownSize });
  return geometry ?? frameFault(content.frame, content.endFrame, media) ?? (content.keyframes ? keyframesFault(content.keyframes, media) : undefined);
}

/** Pixels of a volume become a file before an annotation is written; where that is not done, they cannot be given. */
function volumeFault(geometry: Checked['geometry']): string | undefined {
  if (geometry.type !== 'volume') return undefined;
  if (geometry.slices) return 'geometry.slices: can be given where single annotations are made or changed, not in an import.';
  return geometry.blob === undefined ? 'geometry.blob: is needed where there are no slices.' : undefined;
}
