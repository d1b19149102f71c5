import { members } from '@fovea/contract';
import { Feature } from '../feature.ts';

/** Who works in a project, and as what. */
export class Members extends Feature {
  /** Lists the members of a project. */
  readonly list = this.listOf(members.list, 'project');
  /** Adds a member or changes the role of one; somebody without an account is invited by it. */
  readonly set = this.method(members.set, 'project', 'email');
  /** Removes a member from a project. */
  readonly remove = this.method(members.remove, 'project', 'email');
}
