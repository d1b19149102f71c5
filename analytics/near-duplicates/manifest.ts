import { analyticManifest, type AnalyticManifest } from '@fovea/contract';

export const manifest: AnalyticManifest = analyticManifest.parse({
  name: 'fovea/near-duplicates',
  version: '1.0.0',
  title: 'Near duplicates',
  description:
    'Groups images that show the same: copies, other sizes, formats, qualities, slight corrections; mirrored ones on wish.',
  scope: 'public',
  inputs: [{ name: 'images', description: 'Images', media: ['image'], many: true }],
  parameters: [
    {
      name: 'max_distance',
      description: 'Bits of the 64-bit hash in which two images may differ',
      type: 'integer',
      min: 0,
      max: 20,
      default: 8,
    },
    { name: 'mirrored', description: 'Takes mirrored images for the same', type: 'boolean', default: false },
  ],
  outputs: [
    {
      name: 'groups',
      description: 'Groups with the best image first',
      type: 'json',
      mediaType: 'application/json',
      filename: 'near-duplicates.json',
    },
    {
      name: 'duplicates',
      description: 'Classification "near duplicate" on all but the best image of a group',
      type: 'labels',
      mediaType: 'application/json',
    },
  ],
  runtime: { kind: 'builtin', module: 'near-duplicates' },
});
