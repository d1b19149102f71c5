import { sampleCt, sampleFile, type SampleElement } from '@fovea/medical/dicom/sample-files.ts';
import { writeNifti } from '@fovea/medical/nifti/write.ts';
import sharp from 'sharp';
import type { TestAnswer, TestPlatform } from '../../testing/platform.ts';

/** What the tests of this door send: requests as both clients build them, and the files that go with them. */

export interface Part {
  name: string;
  value: string | Uint8Array;
  /** Given for files; sent percent-encoded, as the clients' HTTP library does. */
  filename?: string;
  type?: string;
}

export function multipart(parts: readonly Part[]): { body: Uint8Array; type: string } {
  const boundary = 'fovea0123456789';
  const chunks = parts.flatMap(({ name, value, filename, type = 'text/plain; charset=utf-8' }) => {
    const file = filename === undefined ? '' : `; filename="${encodeURIComponent(filename)}"`;
    return [`--${boundary}\r\nContent-Type: ${type}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`, value, '\r\n'];
  });
  return { body: Buffer.concat([...chunks, `--${boundary}--\r\n`].map((chunk) => Buffer.from(chunk as string))), type: `multipart/form-data; boundary=${boundary}` };
}

export interface Sent {
  key?: string | null;
  body?: unknown;
  /** The newest client sends its key twice. */
  newest?: boolean;
}

/** A caller of the door of a platform. */
export function datamintClient(fovea: TestPlatform) {
  const headersOf = ({ key = fovea.key, newest = false }: Sent): Record<string, string> => (key === null ? {} : { apikey: key, ...(newest ? { authorization: `Bearer ${key}` } : {}) });
  const call = (method: string, path: string, sent: Sent = {}): Promise<TestAnswer> => fovea.call(method, `/datamint${path}`, { key: null, headers: headersOf(sent), ...(sent.body === undefined ? {} : { body: sent.body }) });
  const form = (path: string, parts: readonly Part[], sent: Sent = {}): Promise<TestAnswer> => {
    const { body, type } = multipart(parts);
    return fovea.call('POST', `/datamint${path}`, { key: null, headers: { ...headersOf(sent), 'content-type': type }, body });
  };
  return {
    call,
    form,
    bytes: async (path: string, sent: Sent = {}) => {
      const response = await fetch(`${fovea.url}/datamint${path}`, { headers: headersOf(sent) });
      return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
    },
    upload: (file: { name: string; bytes: Uint8Array; type?: string }, fields: Record<string, string> = {}, sent: Sent = {}) =>
      form('/resources', [
        { name: 'source', value: 'api' },
        { name: 'resource', value: file.bytes, filename: file.name, type: file.type ?? 'application/octet-stream' },
        ...Object.entries(fields).map(([name, value]) => ({ name, value })),
      ], sent),
  };
}

/** A CT slice, or a stack of frames; `extra` elements go with it. */
export const dicom = (image: { rows?: number; columns?: number; frames?: number; slice?: number; seriesUid?: string } = {}, extra: SampleElement[] = []): Uint8Array => sampleFile(sampleCt({ rows: 8, columns: 8, ...image, extra }));

/** A grey PNG; `at` gives the value of a pixel. */
export function png(width: number, height: number, at: (x: number, y: number) => number): Promise<Buffer> {
  const data = Uint8Array.from({ length: width * height }, (_, index) => at(index % width, Math.floor(index / width)));
  return sharp(data, { raw: { width, height, channels: 1 } }).toColourspace('b-w').png().toBuffer();
}

/** A NIfTI of bytes; `at` gives the value of a voxel. */
export function nifti(dims: [number, number, number], at: (i: number, j: number, k: number) => number, gzip = true): Uint8Array {
  const [ni, nj] = dims;
  const data = Uint8Array.from({ length: dims[0] * dims[1] * dims[2] }, (_, index) => at(index % ni, Math.floor(index / ni) % nj, Math.floor(index / ni / nj)));
  return writeNifti({ data, dims, affine: [[2, 0, 0, 5], [0, 2, 0, 6], [0, 0, 3, 7]], gzip });
}
