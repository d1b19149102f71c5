import { blobFault } from '../../catalog/items/service.ts';
import { selectItems } from '../../catalog/items/store.ts';
import { OutboundError } from '../../engines/outbound/outbound.ts';
import type { Caller } from '../../identity/caller.ts';
import type { Voxel51Deps } from './context.ts';
import { extraOf } from './data.ts';
import { bad } from './errors.ts';

/**
 * Brings the bytes of data that were posted by URL, now that a job is to read them; addresses that are not public are refused by the
 * platform's guard. What was brought once is not fetched again.
 */
export async function bringPostedData(deps: Voxel51Deps, caller: Caller, ids: readonly string[]): Promise<void> {
  for (const item of await selectItems(deps.engines.db, ids)) {
    const { url, name } = extraOf(item);
    if (url === undefined || item.sizeBytes > 0) continue;
    const blob = await fetchBlob(deps, url, name);
    const dataset = await deps.rooms.items.authorizeUpload(caller, item.datasetId);
    await deps.rooms.items.adopt(caller, dataset, { path: item.path, rule: 'replace', blob });
  }
}

async function fetchBlob({ engines, settings }: Voxel51Deps, url: string, name: string): Promise<{ sha256: string; size: number }> {
  const answer = await engines.outbound.request({ url, maxRedirects: 5, timeoutMs: 30_000 }).catch((error: unknown) => {
    if (error instanceof OutboundError) throw bad(`the data '${name}' cannot be fetched: ${error.message}`);
    throw error;
  });
  if (answer.status !== 200) {
    answer.body.destroy();
    throw bad(`the data '${name}' cannot be fetched: its address answers ${answer.status}`);
  }
  return engines.blobs.put(answer.body, { maxBytes: settings.maxUploadBytes }).catch(blobFault);
}
