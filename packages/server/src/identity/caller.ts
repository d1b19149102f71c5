import type { ProjectRole, Scope } from '@fovea/contract';
import { projectRoles } from '@fovea/contract';
import { Fault } from '../fault.ts';

/** Who calls: made by authentication, passed first to every room function, checked there. */
export interface Caller {
  readonly orgId: string;
  readonly userId: string;
  readonly email: string;
  /** Administrator of the organisation: owner of every project in it. */
  readonly admin: boolean;
  readonly scopes: ReadonlySet<Scope>;
  /** Set when the key opens one project only. */
  readonly onlyProjectId: string | null;
  /** Test-mode key. */
  readonly test: boolean;
  readonly keyId: string | null;
}

/** The platform itself, doing its own background work in an organisation. */
export function systemCaller(orgId: string): Caller {
  return {
    orgId,
    userId: '00000000-0000-7000-8000-000000000000',
    email: 'system@fovea',
    admin: true,
    scopes: new Set<Scope>(['read', 'write', 'label', 'admin']),
    onlyProjectId: null,
    test: false,
    keyId: null,
  };
}

/** Throws `forbidden` unless the caller's key or session has the scope. */
export function needScope(caller: Caller, scope: Scope): void {
  if (!caller.scopes.has(scope)) {
    throw new Fault('forbidden', `This key lacks the scope "${scope}"; it has: ${[...caller.scopes].join(', ') || 'none'}.`);
  }
}

/** True when the role is at least the needed one. */
export function roleReaches(role: ProjectRole, needed: ProjectRole): boolean {
  return projectRoles.indexOf(role) <= projectRoles.indexOf(needed);
}
