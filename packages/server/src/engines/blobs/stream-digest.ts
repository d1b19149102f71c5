import { createHash, type Hash } from 'node:crypto';
import { BlobError, type StoredBlob } from './blobs.ts';

export interface Promised {
  maxBytes?: number;
  /** Hexadecimal. */
  sha256?: string;
  /** Hexadecimal; computed only when it is given, as it costs as much as the other. */
  md5?: string;
}

export const tooLarge = (maxBytes: number) =>
  new BlobError('too_large', `The file has more than ${maxBytes.toLocaleString('en')} bytes.`);

/** Digests of a stream, and whether it is what was announced. */
export class StreamDigest {
  readonly #promised: Promised;
  readonly #sha256 = createHash('sha256');
  readonly #md5: Hash | undefined;
  #size = 0;

  constructor(promised: Promised) {
    this.#promised = promised;
    this.#md5 = promised.md5 === undefined ? undefined : createHash('md5');
  }

  /** Takes the next bytes; gives the error when there are too many. */
  add(chunk: Uint8Array): BlobError | undefined {
    this.#size += chunk.length;
    const { maxBytes } = this.#promised;
    if (maxBytes !== undefined && this.#size > maxBytes) return tooLarge(maxBytes);
    this.#sha256.update(chunk);
    this.#md5?.update(chunk);
    return undefined;
  }

  /** What the stream was; throws BlobError `digest_mismatch`. */
  end(): StoredBlob {
    const sha256 = this.#sha256.digest('hex');
    const pairs = [
      ['SHA-256', this.#promised.sha256, sha256],
      ['MD5', this.#promised.md5, this.#md5?.digest('hex')],
    ];
    for (const [name, expected, found] of pairs) {
      if (expected !== undefined && expected.toLowerCase() !== found) {
        throw new BlobError('digest_mismatch', `The bytes that arrived do not have the ${name} that was announced.`);
      }
    }
    return { sha256, size: this.#size };
  }
}
