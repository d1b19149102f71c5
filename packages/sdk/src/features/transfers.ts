import { transfers } from '@fovea/contract';
import type { CallOptions } from '../client.ts';
import { Feature } from '../feature.ts';

/** Large files in parts, and links to download without a key. `items.upload` and `items.download` use them by themselves. */
export class Transfers extends Feature {
  /** Begins the upload of a large file in parts, or finds one that broke off. */
  readonly begin = this.method(transfers.begin, 'dataset');
  /** Tells which parts of an upload are missing, with fresh URLs. */
  readonly get = this.method(transfers.get, 'dataset', 'upload');
  /** Makes an item of an upload whose parts are all there. */
  readonly complete = this.method(transfers.complete, 'dataset', 'upload');
  /** Gives an upload up. */
  readonly abort = this.method(transfers.abort, 'dataset', 'upload');
  /** Begins the upload of a large archive in parts, whose files become items, or finds one that broke off; `items.importArchive` uses it by itself. */
  readonly beginArchive = this.method(transfers.beginArchive, 'dataset');
  /** Unpacks an upload whose parts are all there. */
  readonly finishArchive = this.method(transfers.finishArchive, 'dataset', 'upload');
  /** Gives a URL that opens the bytes of an item without a key, for a time. */
  readonly link = this.method(transfers.link, 'item');
  /** Sends one part to the URL that `begin` or `get` gave for it: one of the platform, or of its store. */
  putPart(url: string, bytes: Uint8Array, options: Pick<CallOptions, 'signal' | 'timeoutMs' | 'maxRetries'> & { onSent?: (bytes: number) => void } = {}): Promise<void> {
    return this.client.put(url, bytes, options);
  }
  /** Opens the bytes of an item by the signed query of a link, as a Response. */
  readonly open = this.method(transfers.open, 'item');
}
