import { analyticManifest, type AnalyticManifest } from '@fovea/contract';

export const manifest: AnalyticManifest = analyticManifest.parse({
  name: 'fovea/image-quality',
  version: '1.0.0',
  title: 'Image quality',
  description:
    'Sharpness, noise, exposure and contrast of each image, and labels for what is blurred, noisy, dark, bright or flat.',
  scope: 'public',
  inputs: [{ name: 'images', description: 'Images', media: ['image'], many: true }],
  parameters: [
    {
      name: 'min_sharpness',
      description: 'Below this variance of the Laplacian an image is blurred',
      type: 'number',
      min: 0,
      default: 60,
    },
    {
      name: 'max_noise',
      description: 'Above this standard deviation of noise it is noisy',
      type: 'number',
      min: 0,
      max: 255,
      default: 9,
      unit: 'grey levels',
    },
    {
      name: 'min_contrast',
      description: 'Below this standard deviation of luma it is flat',
      type: 'number',
      min: 0,
      max: 128,
      default: 18,
      unit: 'grey levels',
    },
    {
      name: 'dark_mean',
      description: 'Below this mean luma it is dark',
      type: 'number',
      min: 0,
      max: 255,
      default: 50,
    },
    {
      name: 'bright_mean',
      description: 'Above this mean luma it is bright',
      type: 'number',
      min: 0,
      max: 255,
      default: 215,
    },
  ],
  outputs: [
    {
      name: 'quality',
      description: 'Figures per image',
      type: 'json',
      mediaType: 'application/json',
      filename: 'quality.json',
    },
    {
      name: 'findings',
      description: 'Classifications: blurred, noisy, flat, dark, bright',
      type: 'labels',
      mediaType: 'application/json',
    },
    {
      name: 'sharpness',
      description: 'Histogram of sharpness',
      type: 'plot',
      mediaType: 'image/svg+xml',
      filename: 'sharpness.svg',
    },
  ],
  runtime: { kind: 'builtin', module: 'image-quality' },
});
