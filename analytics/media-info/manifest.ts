import { analyticManifest, type AnalyticManifest } from '@fovea/contract';

export const manifest: AnalyticManifest = analyticManifest.parse({
  name: 'fovea/media-info',
  version: '1.0.0',
  title: 'Media info',
  description: 'What the files are: format, size, colours, codec, rate, length, frames, camera data, SHA-256.',
  scope: 'public',
  inputs: [
    {
      name: 'files',
      description: 'Any files',
      media: ['image', 'video', 'dicom', 'nifti', 'text', 'pdf', 'audio', 'other'],
      many: true,
    },
  ],
  parameters: [
    {
      name: 'count_frames',
      description: 'Counts the frames of videos by reading every packet instead of believing the header',
      type: 'boolean',
      default: true,
    },
  ],
  outputs: [
    {
      name: 'info',
      description: 'An object per file',
      type: 'json',
      mediaType: 'application/json',
      filename: 'media-info.json',
    },
  ],
  runtime: { kind: 'builtin', module: 'media-info' },
});
