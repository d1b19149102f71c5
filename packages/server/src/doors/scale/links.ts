import { signedQuery } from '../../http/signed-url.ts';
import type { ScaleDeps } from './context.ts';

/** Links in answers and callbacks work for a week; the next answer has new ones. */
const linkMs = 7 * 86_400_000;

export interface Place {
  orgId: string;
  test: boolean;
}

export type Links = ReturnType<typeof links>;

/** Signed addresses of files: whoever has one can read it until it expires. */
export function links(settings: ScaleDeps['settings']) {
  function link(path: string): string {
    // The same for an hour, so that answers can be compared and caches help.
    const expiresMs = Math.ceil((Date.now() + linkMs) / 3_600_000) * 3_600_000;
    return `${settings.publicUrl()}${path}?${signedQuery(settings.secret, { method: 'GET', path, expiresMs })}`;
  }
  return {
    item: ({ orgId }: Place, itemId: string): string => link(`/scale/files/${orgId}/items/${itemId}`),
    response: ({ orgId, test }: Place, taskId: string, file: string): string => link(`/scale/files/${orgId}/${test ? 'test' : 'live'}/${taskId}/${file}`),
  };
}
