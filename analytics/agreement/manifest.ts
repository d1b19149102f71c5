import { analyticManifest, type AnalyticManifest } from '@fovea/contract';

export const manifest: AnalyticManifest = analyticManifest.parse({
  name: 'fovea/agreement',
  version: '1.0.0',
  title: 'Agreement',
  description:
    'How far people (or models) agree who annotated the same items: per item, per person, per label. Takes a JSON file ' +
    '{ "items": [{ id, answers: [{ by, annotations: [...] }] }] } with annotations as this platform exports them.',
  scope: 'public',
  inputs: [{ name: 'answers', description: 'Answers of several people, as JSON', media: ['text', 'other'] }],
  parameters: [
    {
      name: 'threshold',
      description: 'Two shapes are one object from this likeness (IoU for areas) on',
      type: 'number',
      min: 0.01,
      max: 1,
      default: 0.5,
    },
    {
      name: 'point_distance',
      description: 'Distance at which two points are 61 % alike',
      type: 'number',
      min: 0.1,
      default: 10,
      unit: 'px',
    },
    {
      name: 'reference',
      description: 'Name of the person whose answers are the truth; empty for none',
      type: 'string',
      default: '',
    },
  ],
  outputs: [
    {
      name: 'report',
      description: 'All figures',
      type: 'json',
      mediaType: 'application/json',
      filename: 'agreement.json',
    },
    {
      name: 'people',
      description: 'Agreement of each pair of people',
      type: 'plot',
      mediaType: 'image/svg+xml',
      filename: 'people.svg',
    },
    {
      name: 'items',
      description: 'Histogram of agreement per item',
      type: 'plot',
      mediaType: 'image/svg+xml',
      filename: 'items.svg',
    },
    {
      name: 'confusion',
      description: 'Labels given to the same objects',
      type: 'plot',
      mediaType: 'image/svg+xml',
      filename: 'confusion.svg',
    },
  ],
  runtime: { kind: 'builtin', module: 'agreement' },
});
