import type { AnalyticManifest } from '@fovea/contract';
import type { RunAnalytic } from './analytic.ts';
import { manifest as photoStudio } from './photo-studio/manifest.ts';

/** An analytic that ships with the program: its document, and its code, which is loaded when it first runs. */
export interface BuiltinAnalytic {
  manifest: AnalyticManifest;
  load(): Promise<RunAnalytic>;
}

/** All of them; several versions of one name stand in ascending order. */
export const builtinAnalytics: BuiltinAnalytic[] = [
  { manifest: photoStudio, load: async () => (await import('./photo-studio/run.ts')).default },
];
