import { analyticManifest, type AnalyticManifest } from '@fovea/contract';

function version(number: string, note: string): AnalyticManifest {
  return analyticManifest.parse({
    name: 'voxel51/vehicle-sense',
    version: number,
    title: 'Vehicle sense (motion only)',
    description:
      'Finds and follows moving objects in the video of a still camera, such as vehicles on a road. It does not recognise ' +
      `vehicles, their make, model or colour: every object is labelled "moving object". ${note}`,
    scope: 'public',
    inputs: [{ name: 'video', description: 'The video to look at', media: ['video'] }],
    parameters: [
      {
        name: 'accel',
        description: 'Looks at every nth frame only: larger is faster',
        type: 'number',
        min: 1,
        max: 1_000,
        default: 1,
      },
    ],
    outputs: [
      {
        name: 'labels',
        description: 'Objects per frame',
        type: 'json',
        mediaType: 'application/json',
        filename: 'labels.json',
      },
    ],
    compute: { cpu: true, gpu: true },
    timeoutSeconds: 7_200,
    runtime: { kind: 'builtin', module: 'vehicle-sense' },
  });
}

export const manifests: AnalyticManifest[] = [
  version('0.1', 'Looks at pictures of 240 pixels.'),
  version('0.2', 'Looks at pictures of 320 pixels, and so finds smaller objects than 0.1.'),
];
/** The newest version. */
export const manifest: AnalyticManifest = manifests.at(-1) as AnalyticManifest;
