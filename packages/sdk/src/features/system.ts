import { system } from '@fovea/contract';
import { Feature } from '../feature.ts';

/** What answers at the URL. */
export class System extends Feature {
  /** Name, version and doors of the platform; needs no key. */
  readonly info = this.method(system.info);
}
