import type { StudioSettings } from './settings.ts';
import type { StudioModels } from './studio.ts';

export async function loadStudioModels(_settings: StudioSettings): Promise<StudioModels> {
  return {};
}
