import { analyticManifest, type AnalyticManifest } from '@fovea/contract';

export const manifest: AnalyticManifest = analyticManifest.parse({
  name: 'fovea/transcode',
  version: '1.0.0',
  title: 'Transcode',
  description:
    'Re-encodes a video so that browsers play it, smaller or cut where wanted. Frames are kept one for one unless a rate is given.',
  scope: 'public',
  inputs: [{ name: 'video', description: 'Any video that ffmpeg reads', media: ['video'] }],
  parameters: [
    {
      name: 'format',
      description: 'mp4 is H.264 and AAC, webm is VP9 and Opus',
      type: 'choice',
      choices: ['mp4', 'webm'],
      default: 'mp4',
    },
    {
      name: 'max_side',
      description: 'Longer side; 0 keeps the size',
      type: 'integer',
      min: 0,
      max: 16_384,
      default: 0,
      unit: 'px',
    },
    {
      name: 'quality',
      description: 'Constant rate factor: smaller is better and larger',
      type: 'integer',
      min: 0,
      max: 51,
      default: 23,
    },
    {
      name: 'rate',
      description: 'Frames per second; 0 keeps every frame at its time',
      type: 'number',
      min: 0,
      max: 240,
      default: 0,
    },
    { name: 'audio', description: 'Keeps the sound', type: 'boolean', default: true },
    { name: 'start', description: 'Begins here', type: 'number', min: 0, default: 0, unit: 's' },
    { name: 'end', description: 'Ends here; 0 for the end', type: 'number', min: 0, default: 0, unit: 's' },
  ],
  outputs: [{ name: 'video', description: 'The new video', type: 'video', mediaType: 'video/*' }],
  timeoutSeconds: 14_400,
  runtime: { kind: 'builtin', module: 'transcode' },
});
