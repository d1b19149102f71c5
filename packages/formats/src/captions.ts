import type { LabelledAnnotation } from './dataset.ts';
import type { Fitted } from './fit.ts';

/** The label of texts that a format knows no label for. */
export const captionLabel = 'caption';

/** A text for a format whose texts have neither a label nor a span. */
export function fitCaption(annotation: LabelledAnnotation): Fitted {
  const { geometry } = annotation;
  if (geometry.type !== 'text') return { annotations: [annotation], ways: [] };
  const ways = [
    ...(annotation.label === captionLabel ? [] : [`the label of a text becomes "${captionLabel}"`]),
    ...(geometry.start === undefined && geometry.end === undefined ? [] : ['the span of a text left out']),
  ];
  return {
    annotations: [{ ...annotation, label: captionLabel, geometry: { type: 'text', text: geometry.text } }],
    ways,
  };
}
