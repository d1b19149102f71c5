import { analyticManifest, type AnalyticManifest } from '@fovea/contract';

const images = { name: 'images', description: 'Images', media: ['image'], many: true };
const outputs = [
  { name: 'annotations', description: 'What the model found', type: 'labels', mediaType: 'application/json' },
  {
    name: 'report',
    description: 'The same as one file',
    type: 'json',
    mediaType: 'application/json',
    filename: 'annotations.json',
  },
];

function onnxManifest(task: 'classification' | 'detection' | 'segmentation', what: string): AnalyticManifest {
  return analyticManifest.parse({
    name: `fovea/onnx-${task}`,
    version: '1.0.0',
    title: `ONNX ${task}`,
    description: `Runs an ONNX model of yours on images: ${what}. The model, its labels and what stands before and behind it are parameters.`,
    scope: 'public',
    inputs: [images],
    parameters: [
      { name: 'model', description: 'The .onnx file', type: 'file', required: true },
      { name: 'labels', description: 'Names of the classes, in the order of the model', type: 'array', default: [] },
      { name: 'labels_file', description: 'The same as a text file, a name per line', type: 'file' },
      {
        name: 'spec',
        description: 'Pre- and post-processing, see the documentation of ONNX models',
        type: 'object',
        default: {},
      },
    ],
    outputs,
    timeoutSeconds: 7_200,
    runtime: { kind: 'builtin', module: 'onnx' },
  });
}

export const manifests: AnalyticManifest[] = [
  onnxManifest('classification', 'labels per image'),
  onnxManifest('detection', 'boxes, after non-maximum suppression'),
  onnxManifest('segmentation', 'masks or polygons per label'),
];
export const manifest: AnalyticManifest = manifests[0] as AnalyticManifest;
