import { commands } from '@fovea/contract';
import { Feature } from '../feature.ts';

/** Long work that somebody asked the platform for: a clone, a change by query. It runs in the background. */
export class Commands extends Feature {
  /** Lists long work of a project, newest first. */
  readonly list = this.listOf(commands.list);
  /** Gets the state of long work; with `{ waitSeconds }` answers when it ends, or after so long. */
  readonly get = this.method(commands.get, 'command');
  /** Stops long work; what it has done so far stays. */
  readonly cancel = this.method(commands.cancel, 'command');
}
