import { quality } from '@fovea/contract';
import { Feature } from '../feature.ts';

/** How good the labels of a batch are, and one set of labels out of several people's. */
export class Quality extends Feature {
  /** Measures how well people agree with each other, with review and with known answers. */
  readonly report = this.method(quality.report, 'batch');
  /** Makes one set of annotations of what several people said; answers the command to watch. */
  readonly merge = this.method(quality.merge, 'batch');
  /** Takes a merge back. */
  readonly unmerge = this.method(quality.unmerge, 'batch');
  /** Mixes items with known answers into the queue. */
  readonly addHoneypots = this.method(quality.addHoneypots, 'batch');
  /** Takes the known items that nobody has begun out of the queue. */
  readonly removeHoneypots = this.method(quality.removeHoneypots, 'batch');
}
