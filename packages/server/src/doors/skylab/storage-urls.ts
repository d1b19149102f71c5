import { signedQuery } from '../../http/signed-url.ts';

const hourMs = 3_600_000;
const uploadHours = 24;
const downloadHours = 14 * 24;

export type StorageUrls = ReturnType<typeof storageUrls>;

/** Paths below this open with a signature instead of a key. */
export const storagePrefix = '/skylab/storage';

/** Signed addresses of bytes. Paths and signatures have no character that a client's URL library would rewrite. */
export function storageUrls(settings: { publicUrl: () => string; secret: string }, now: () => number = Date.now) {
  function signed(method: 'GET' | 'PUT', path: string, hours: number): string {
    // Whole hours, so that a photo's address stays the same for a while.
    const expiresMs = (Math.floor(now() / hourMs) + 1 + hours) * hourMs;
    return `${settings.publicUrl()}${path}?${signedQuery(settings.secret, { method, path, expiresMs })}`;
  }
  return {
    original: (orgId: string, itemId: string) => signed('GET', `${storagePrefix}/originals/${orgId}/${itemId}`, downloadHours),
    output: (orgId: string, jobId: string, index: number) => signed('GET', `${storagePrefix}/outputs/${orgId}/${jobId}/${index}`, downloadHours),
    /** `md5` is hexadecimal. */
    upload: (orgId: string, itemId: string, md5: string | undefined) => signed('PUT', `${storagePrefix}/uploads/${orgId}/${itemId}/${md5 ?? 'any'}`, uploadHours),
  };
}
