import { buckets } from '@fovea/contract';
import { Feature } from '../feature.ts';

/** Items whose bytes stay in buckets of others. */
export class Buckets extends Feature {
  /** Lists the buckets from which items can be imported by reference. */
  readonly list = this.method(buckets.list, 'project');
  /** Makes items of the objects below a prefix of a bucket, without copying them; answers the command to watch. */
  readonly import = this.method(buckets.import, 'dataset');
}
