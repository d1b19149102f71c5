import type { Queryable } from '../../engines/database/database.ts';
import { Fault } from '../../fault.ts';
import { selectStrangers } from '../../identity/members/store.ts';

/** A person's share of a batch, as it is asked for. */
export interface Share {
  email: string;
  load?: number | null | undefined;
}

/** Throws `invalid_request` that names who could not take tasks of the project. Doors in whose protocols anybody may be named do not ask for this. */
export async function needMembers(db: Queryable, project: { id: string; orgId: string }, shares: readonly Share[]): Promise<void> {
  const strangers = new Set(shares.length > 0 ? await selectStrangers(db, project, shares.map(({ email }) => email)) : []);
  if (strangers.size === 0) return;
  const errors = shares.flatMap(({ email }, index) => (strangers.has(email) ? { path: `body.assignments.${index}.email`, message: `"${email}" is no member of the project` } : []));
  throw new Fault('invalid_request', `Work can be given to members of the project only; no member: ${[...strangers].slice(0, 10).join(', ')}${strangers.size > 10 ? ', …' : ''}. Add them to the project first.`, { errors: errors.slice(0, 50) });
}
