import { session, type BodyOf, type Me } from '@fovea/contract';
import type { CallOptions } from '../client.ts';
import { Feature } from '../feature.ts';

/** Who calls; and the console's sign-in. */
export class Session extends Feature {
  /** Signs in to the console with `{ email, password }` or `{ key }`; the browser keeps the cookie, this client what changes need. */
  async login(credentials: BodyOf<typeof session.login>, options?: CallOptions): Promise<Me> {
    return this.remember(await this.client.call(session.login, { ...options, body: credentials }));
  }

  /** Tells who the caller is; in a console session also takes up what changes need. */
  async get(options?: CallOptions): Promise<Me> {
    return this.remember(await this.client.call(session.get, { ...options }));
  }

  /** Ends the console session. */
  async logout(options?: CallOptions): Promise<void> {
    await this.client.call(session.logout, { ...options });
    this.client.rememberCsrf(null);
  }

  private remember(me: Me): Me {
    this.client.rememberCsrf(me.csrf);
    return me;
  }
}
