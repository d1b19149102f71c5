import { analyticManifest, type AnalyticManifest } from '@fovea/contract';

export const manifest: AnalyticManifest = analyticManifest.parse({
  name: 'fovea/colors',
  version: '1.0.0',
  title: 'Colours',
  description: 'The palette of each image: its main colours with their shares.',
  scope: 'public',
  inputs: [{ name: 'images', description: 'Images', media: ['image'], many: true }],
  parameters: [
    { name: 'count', description: 'Colours per image, at most', type: 'integer', min: 1, max: 32, default: 6 },
  ],
  outputs: [
    {
      name: 'palettes',
      description: 'Hex, Lab and share of each colour',
      type: 'json',
      mediaType: 'application/json',
      filename: 'palettes.json',
    },
    {
      name: 'swatches',
      description: 'The palettes as a picture',
      type: 'plot',
      mediaType: 'image/svg+xml',
      filename: 'palettes.svg',
    },
  ],
  runtime: { kind: 'builtin', module: 'colors' },
});
