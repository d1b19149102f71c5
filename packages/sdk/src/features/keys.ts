import { keys } from '@fovea/contract';
import { Feature } from '../feature.ts';

/** Keys of programs. */
export class Keys extends Feature {
  /** Creates a key. Its text is in the answer this once; it can do no more than the caller. */
  readonly create = this.method(keys.create);
  /** Lists keys: the caller's own, or all of the organisation for its administrators. */
  readonly list = this.listOf(keys.list);
  /** Revokes a key; it stops working at once. */
  readonly revoke = this.method(keys.revoke, 'key');
}
