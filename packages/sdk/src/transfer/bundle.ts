import { newId } from '@fovea/contract';
import { concat } from './source.ts';

/** One file of a bundle, in memory. */
export interface BundledFile {
  path: string;
  bytes: Uint8Array;
}

/**
 * Whether a path survives as a multipart file name: the escapes that HTML has for quotes and line breaks cannot themselves be escaped, so
 * a name that contains one literally would come out changed.
 */
export function fitsFileName(path: string): boolean {
  return !/%(22|0D|0A)|\\/i.test(path);
}

/**
 * A multipart/form-data body (RFC 7578) of many files in one array: for thousands of small files many times faster than FormData. File
 * names are UTF-8 with `"`, CR and LF percent-encoded (HTML, "multipart/form-data encoding algorithm").
 */
export function bundleBody(files: readonly BundledFile[]): { content: Uint8Array; type: string } {
  const boundary = `fovea-${newId()}${newId()}`;
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  let length = 0;
  const add = (part: Uint8Array) => {
    parts.push(part);
    length += part.byteLength;
  };
  for (const { path, bytes } of files) {
    add(encoder.encode(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${encodeName(path)}"\r\nContent-Type: application/octet-stream\r\n\r\n`));
    add(bytes);
    add(encoder.encode('\r\n'));
  }
  add(encoder.encode(`--${boundary}--\r\n`));
  return { content: concat(parts, length), type: `multipart/form-data; boundary=${boundary}` };
}

function encodeName(path: string): string {
  return path.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
