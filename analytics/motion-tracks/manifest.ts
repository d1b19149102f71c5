import { analyticManifest, type AnalyticManifest } from '@fovea/contract';
import { defaultMotionOptions as defaults } from './find-tracks.ts';

export const manifest: AnalyticManifest = analyticManifest.parse({
  name: 'fovea/motion-tracks',
  version: '1.0.0',
  title: 'Motion tracks',
  description:
    'Finds and follows what moves: a background model, blobs of what differs from it, and tracks with identities. ' +
    'The camera may stand still or move slowly, as a drone does. It does not know what the objects are.',
  scope: 'public',
  inputs: [{ name: 'video', description: 'Any video that ffmpeg reads', media: ['video'] }],
  parameters: [
    {
      name: 'accel',
      description: 'Looks at every nth frame only',
      type: 'number',
      min: 1,
      max: 1_000,
      default: defaults.accel,
    },
    { name: 'label', description: 'Label of the tracks', type: 'string', default: defaults.label },
    {
      name: 'sensitivity',
      description: 'Difference from the background that counts; smaller finds more',
      type: 'number',
      min: 1,
      max: 20,
      default: defaults.sensitivity,
      unit: 'standard deviations',
    },
    {
      name: 'min_area',
      description: 'Least size of an object as a share of the picture',
      type: 'number',
      min: 0,
      max: 1,
      default: defaults.minArea,
    },
    {
      name: 'min_travel',
      description: 'Least way of an object as a share of the diagonal',
      type: 'number',
      min: 0,
      max: 1,
      default: defaults.minTravel,
    },
    {
      name: 'suppress_shadows',
      description: 'Takes even darkening for shadow',
      type: 'boolean',
      default: defaults.suppressShadows,
    },
    {
      name: 'stabilize',
      description: 'Follows a moving camera and measures motion against the ground',
      type: 'boolean',
      default: defaults.stabilize,
    },
    {
      name: 'max_missed',
      description: 'Frames that a track survives unseen',
      type: 'integer',
      min: 0,
      max: 1_000,
      default: defaults.maxMissed,
    },
  ],
  outputs: [
    { name: 'tracks', description: 'One box track per object', type: 'labels', mediaType: 'application/json' },
    {
      name: 'labels',
      description: 'The same per frame, as VideoLabels of the ETA library',
      type: 'json',
      mediaType: 'application/json',
      filename: 'labels.json',
    },
  ],
  timeoutSeconds: 7_200,
  runtime: { kind: 'builtin', module: 'motion-tracks' },
});
