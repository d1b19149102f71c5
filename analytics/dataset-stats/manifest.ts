import { analyticManifest, type AnalyticManifest } from '@fovea/contract';

export const manifest: AnalyticManifest = analyticManifest.parse({
  name: 'fovea/dataset-stats',
  version: '1.0.0',
  title: 'Dataset statistics',
  description:
    'Counts and plots of a dataset: label balance, sizes, shapes, objects per item, where they lie. Takes a JSON file ' +
    '{ "items": [{ path, mediaType, width, height, bytes, durationSeconds, annotations: [{ type, label, geometry }] }] }.',
  scope: 'public',
  inputs: [{ name: 'items', description: 'Facts about the items, as JSON', media: ['text', 'other'] }],
  parameters: [],
  outputs: [
    { name: 'stats', description: 'All figures', type: 'json', mediaType: 'application/json', filename: 'stats.json' },
    {
      name: 'labels',
      description: 'Annotations per label',
      type: 'plot',
      mediaType: 'image/svg+xml',
      filename: 'labels.svg',
    },
    {
      name: 'sizes',
      description: 'Width and height of the items',
      type: 'plot',
      mediaType: 'image/svg+xml',
      filename: 'sizes.svg',
    },
    {
      name: 'bytes',
      description: 'Histogram of file sizes',
      type: 'plot',
      mediaType: 'image/svg+xml',
      filename: 'bytes.svg',
    },
    {
      name: 'objects',
      description: 'Histogram of annotations per item',
      type: 'plot',
      mediaType: 'image/svg+xml',
      filename: 'objects.svg',
    },
    {
      name: 'object_sizes',
      description: 'Histogram of object sizes',
      type: 'plot',
      mediaType: 'image/svg+xml',
      filename: 'object-sizes.svg',
    },
    {
      name: 'places',
      description: 'Where in the pictures the objects lie',
      type: 'plot',
      mediaType: 'image/svg+xml',
      filename: 'places.svg',
    },
  ],
  runtime: { kind: 'builtin', module: 'dataset-stats' },
});
