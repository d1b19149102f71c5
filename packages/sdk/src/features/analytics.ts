import { analytics } from '@fovea/contract';
import { Feature } from '../feature.ts';

/** Analytics: versioned processors with typed inputs, parameters and outputs. */
export class Analytics extends Feature {
  /** Lists the analytics that the caller can run: the newest version of each, or all versions. */
  readonly list = this.listOf(analytics.list);
  /** Gets an analytic with its document. */
  readonly get = this.method(analytics.get, 'analytic');
  /** Registers an analytic, or a new version of one, by its manifest. */
  readonly register = this.method(analytics.register);
  /** Marks a version as one that should no longer be used. */
  readonly deprecate = this.method(analytics.deprecate, 'analytic');
  /** Deletes a version of an analytic; finished jobs stay. */
  readonly delete = this.method(analytics.delete, 'analytic');
}
