import { users } from '@fovea/contract';
import { Feature } from '../feature.ts';

/** Users of the organisation; for its administrators. */
export class Users extends Feature {
  /** Creates a user. ConflictError when the e-mail address has one. */
  readonly create = this.method(users.create);
  /** Lists the users of the organisation. */
  readonly list = this.listOf(users.list);
  /** Changes a user; a disabled user's keys and sessions stop working at once. */
  readonly update = this.method(users.update, 'user');
  /** Sets the caller's own console password. */
  readonly setPassword = this.method(users.setPassword);
}
