import { analyticManifest, type AnalyticManifest } from '@fovea/contract';

export const manifest: AnalyticManifest = analyticManifest.parse({
  name: 'fovea/thumbnails',
  version: '1.0.0',
  title: 'Thumbnails',
  description: 'A small upright picture of each image or video.',
  scope: 'public',
  inputs: [{ name: 'files', description: 'Images and videos', media: ['image', 'video'], many: true }],
  parameters: [
    { name: 'size', description: 'Longer side', type: 'integer', min: 8, max: 4_096, default: 320, unit: 'px' },
    { name: 'square', description: 'Cuts to a square around what catches the eye', type: 'boolean', default: false },
    {
      name: 'format',
      description: 'Format of the pictures',
      type: 'choice',
      choices: ['webp', 'jpeg', 'png'],
      default: 'webp',
    },
    { name: 'quality', description: 'Quality of WebP and JPEG', type: 'integer', min: 1, max: 100, default: 80 },
    {
      name: 'video_position',
      description: 'Which moment of a video, as a share of its length',
      type: 'number',
      min: 0,
      max: 1,
      default: 0.1,
    },
  ],
  outputs: [{ name: 'thumbnails', description: 'One per file', type: 'image', mediaType: 'image/*', many: true }],
  runtime: { kind: 'builtin', module: 'thumbnails' },
});
