import { versions, type VersionItem } from '@fovea/contract';
import type { CallOptions } from '../client.ts';
import { Feature } from '../feature.ts';
import { linesOf } from '../lines.ts';
import { samplesOf, type Sample, type SampleOptions } from '../transfer/training.ts';

/** Versions of datasets: immutable, named by their content. */
export class Versions extends Feature {
  /** Keeps the dataset as it is now; answers the command to watch, whose result names the version. */
  readonly commit = this.method(versions.commit, 'dataset');
  /** Lists the versions of a dataset, newest first. */
  readonly list = this.listOf(versions.list, 'dataset');
  /** Finds versions of a dataset by the query language: `{ filter, sort, fields }`. */
  readonly query = this.listOf(versions.query, 'dataset');
  /** Gets a version by id, tag (`latest`) or number (`v3`). */
  readonly get = this.method(versions.get, 'dataset', 'version');
  /** Lists the items of a version with their labels, by path. */
  readonly items = this.listOf(versions.items, 'dataset', 'version');
  /** The bytes that an item has in a version, as a Response: `{ path }`. */
  readonly file = this.method(versions.file, 'dataset', 'version');
  /** What is different from another version, item by item; the first page sums it up. */
  readonly diff = this.method(versions.diff, 'dataset', 'version');
  /** Makes the dataset what it was; what it is now is committed first. */
  readonly restore = this.method(versions.restore, 'dataset', 'version');
  /** Reads every byte and label again and compares the digests. */
  readonly verify = this.method(versions.verify, 'dataset', 'version');
  /** Puts a tag on a version; one that is on another version moves. */
  readonly tag = this.method(versions.tag, 'dataset', 'version', 'tag');
  /** Takes a tag away. */
  readonly untag = this.method(versions.untag, 'dataset', 'tag');

  /** The items of a version one after another, in constant memory; with `split`, those of one part. */
  async *stream(dataset: string, version: string, query: { split?: string | undefined } = {}, options: CallOptions = {}): AsyncGenerator<VersionItem> {
    const answer = await this.client.run(versions.stream, { ...options, params: { dataset, version }, query });
    yield* linesOf<VersionItem>(answer.body);
  }

  /** The items of a version with their bytes, headers, labels and masks, for training: shuffled when asked, fetched ahead, in bounded memory. */
  samples(dataset: string, version: string, options: SampleOptions = {}): AsyncGenerator<Sample> {
    const { split, signal } = options;
    const call = { signal };
    const fetched = async (path: string, volume?: string): Promise<Uint8Array> =>
      new Uint8Array(await (await this.client.run(versions.file, { ...call, params: { dataset, version }, query: { path, volume } })).arrayBuffer());
    return samplesOf(this.stream(dataset, version, { split }, call), { bytes: ({ path }) => fetched(path), volume: ({ path }, blob) => fetched(path, blob) }, options);
  }
}
