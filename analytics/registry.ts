import type { AnalyticManifest } from '@fovea/contract';
import type { RunAnalytic } from './analytic.ts';
import { manifest as frames } from './frames/manifest.ts';
import { manifest as mediaInfo } from './media-info/manifest.ts';
import { manifest as thumbnails } from './thumbnails/manifest.ts';
import { manifest as transcode } from './transcode/manifest.ts';
import { manifest as agreement } from './agreement/manifest.ts';
import { manifest as colors } from './colors/manifest.ts';
import { manifest as deidentify } from './deidentify/manifest.ts';
import { manifest as datasetStats } from './dataset-stats/manifest.ts';
import { manifest as imageQuality } from './image-quality/manifest.ts';
import { manifest as nearDuplicates } from './near-duplicates/manifest.ts';
import { manifest as motionTracks } from './motion-tracks/manifest.ts';
import { manifests as onnx } from './onnx/manifest.ts';
import { manifest as photoStudio } from './photo-studio/manifest.ts';
import { manifests as vehicleSense } from './vehicle-sense/manifest.ts';

/** An analytic that ships with the program: its document, and its code, which is loaded when it first runs. */
export interface BuiltinAnalytic {
  manifest: AnalyticManifest;
  load(): Promise<RunAnalytic>;
}

/** Longer side of the picture that each version of vehicle-sense looks at. */
const vehicleSides: Record<string, number> = { '0.1': 240, '0.2': 320 };

function onnxTask(name: string): 'classification' | 'detection' | 'segmentation' {
  if (name.endsWith('-detection')) return 'detection';
  return name.endsWith('-segmentation') ? 'segmentation' : 'classification';
}

/** All of them; several versions of one name stand in ascending order. */
export const builtinAnalytics: BuiltinAnalytic[] = [
  { manifest: photoStudio, load: async () => (await import('./photo-studio/run.ts')).default },
  { manifest: motionTracks, load: async () => (await import('./motion-tracks/run.ts')).default },
  { manifest: frames, load: async () => (await import('./frames/run.ts')).default },
  { manifest: mediaInfo, load: async () => (await import('./media-info/run.ts')).default },
  { manifest: thumbnails, load: async () => (await import('./thumbnails/run.ts')).default },
  { manifest: transcode, load: async () => (await import('./transcode/run.ts')).default },
  { manifest: agreement, load: async () => (await import('./agreement/run.ts')).default },
  { manifest: colors, load: async () => (await import('./colors/run.ts')).default },
  { manifest: datasetStats, load: async () => (await import('./dataset-stats/run.ts')).default },
  { manifest: imageQuality, load: async () => (await import('./image-quality/run.ts')).default },
  { manifest: deidentify, load: async () => (await import('./deidentify/run.ts')).default },
  { manifest: nearDuplicates, load: async () => (await import('./near-duplicates/run.ts')).default },
  ...onnx.map((manifest) => ({
    manifest,
    load: async () => (await import('./onnx/run.ts')).onnxAnalytic(onnxTask(manifest.name)),
  })),
  ...vehicleSense.map((manifest) => ({
    manifest,
    load: async () => (await import('./vehicle-sense/run.ts')).vehicleSense(vehicleSides[manifest.version] ?? 320),
  })),
];
