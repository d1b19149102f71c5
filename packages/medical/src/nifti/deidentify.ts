import { gzipSync } from 'node:zlib';
import { NiftiError } from './error.ts';
import { headerSizes } from './header.ts';
import { isGzip } from './inflate.ts';
import { parseNifti } from './parse.ts';

/** What was done to a field of a header. Never says what stood there. */
export interface NiftiAction {
  /** Name in nifti1.h, nifti2.h; `extension`, `gzip header`. */
  readonly path: string;
  readonly action: 'emptied' | 'removed';
}

/** Free texts of the headers: name, offset, bytes (nifti1.h, nifti2.h). */
const texts = {
  1: [['data_type', 4, 10], ['db_name', 14, 18], ['descrip', 148, 80], ['aux_file', 228, 24], ['intent_name', 328, 16]],
  2: [['descrip', 240, 80], ['aux_file', 320, 24], ['intent_name', 508, 16]],
} as const;

/**
 * Takes out of a NIfTI file what may tell who was scanned: free texts, extensions (which may hold a whole DICOM header), and the name in
 * a gzip header. Voxels and geometry stay as they are. A face can still be rebuilt from a head: that is for a person to judge.
 * @throws NiftiError
 */
export function deidentifyNifti(given: Uint8Array): { bytes: Uint8Array; actions: NiftiAction[] } {
  const { header, bytes: plain } = parseNifti(given);
  const bytes = plain.slice();
  const actions: NiftiAction[] = [];
  for (const [path, at, length] of texts[header.version]) {
    if (bytes.subarray(at, at + length).every((byte) => byte === 0)) continue;
    bytes.fill(0, at, at + length);
    actions.push({ path, action: 'emptied' });
  }
  const end = headerSizes[header.version];
  const until = header.isPair ? bytes.length : header.voxelOffset;
  if (until < end) throw new NiftiError(`the voxels start at byte ${until}, within the header`);
  if (bytes.subarray(end, until).some((byte) => byte !== 0)) {
    bytes.fill(0, end, until);
    actions.push({ path: 'extension', action: 'removed' });
  }
  if (!isGzip(given)) return { bytes, actions };
  const named = ((given[3] ?? 0) & 0x1e) !== 0; // extra field, name, comment (RFC 1952 section 2.3.1)
  return { bytes: gzipSync(bytes), actions: named ? [...actions, { path: 'gzip header', action: 'removed' }] : actions };
}
