import type { AnnotationContent } from '@fovea/contract';
import { pickOutput, sigmoid, softmax, type ModelOutput } from './outputs.ts';
import { labelName, type OnnxClassification } from './spec.ts';

/** The best labels of a picture. */
export function readClassification(
  outputs: ModelOutput[],
  spec: OnnxClassification,
  labels: string[],
): AnnotationContent[] {
  const { data } = pickOutput(outputs, spec.output);
  const scores =
    spec.activation === 'softmax'
      ? softmax(data)
      : Float64Array.from(data, spec.activation === 'sigmoid' ? sigmoid : Number);
  return [...scores.entries()]
    .filter(([, score]) => score >= spec.threshold)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, spec.topK)
    .map(([index, score]) => ({
      type: 'classification',
      label: labelName(labels, index),
      geometry: { type: 'classification' },
      attributes: {},
      frame: null,
      endFrame: null,
      confidence: Math.min(1, Math.max(0, score)),
      source: 'model',
    }));
}
