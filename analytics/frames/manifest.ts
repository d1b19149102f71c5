import { analyticManifest, type AnalyticManifest } from '@fovea/contract';

export const manifest: AnalyticManifest = analyticManifest.parse({
  name: 'fovea/frames',
  version: '1.0.0',
  title: 'Frames',
  description: 'Frames of a video as pictures. Numbers are decode indices from 0, the same that annotations use.',
  scope: 'public',
  inputs: [{ name: 'video', description: 'Any video that ffmpeg reads', media: ['video'] }],
  parameters: [
    { name: 'frames', description: 'Numbers of the wanted frames; empty for a range', type: 'array', default: [] },
    { name: 'from', description: 'First frame of the range', type: 'integer', min: 0, default: 0 },
    {
      name: 'to',
      description: 'Last frame of the range, inclusive; -1 for the end',
      type: 'integer',
      min: -1,
      default: -1,
    },
    { name: 'every', description: 'Every nth frame of the range', type: 'integer', min: 1, max: 1_000_000, default: 1 },
    {
      name: 'max_frames',
      description: 'Stops after so many pictures',
      type: 'integer',
      min: 1,
      max: 1_000_000,
      default: 10_000,
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
      name: 'format',
      description: 'Format of the pictures',
      type: 'choice',
      choices: ['jpeg', 'png', 'webp'],
      default: 'jpeg',
    },
    { name: 'quality', description: 'Quality of JPEG and WebP', type: 'integer', min: 1, max: 100, default: 92 },
  ],
  outputs: [
    { name: 'frames', description: 'frame-000123.jpg is frame 123', type: 'image', mediaType: 'image/*', many: true },
    {
      name: 'index',
      description: 'Number, time and file of each',
      type: 'json',
      mediaType: 'application/json',
      filename: 'frames.json',
    },
  ],
  timeoutSeconds: 7_200,
  runtime: { kind: 'builtin', module: 'frames' },
});
