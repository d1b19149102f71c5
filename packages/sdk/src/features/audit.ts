import { audit } from '@fovea/contract';
import { Feature } from '../feature.ts';

/** What was done in the organisation, for its administrators. */
export class Audit extends Feature {
  /** Who did what, newest first; the query narrows it by actor, type, project, thing and time. */
  readonly list = this.listOf(audit.list);
}
