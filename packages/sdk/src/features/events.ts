import { events } from '@fovea/contract';
import { Feature } from '../feature.ts';

/** Events: what happened, as history and as it happens. */
export class Events extends Feature {
  /** What happened in a project, oldest first: audit, and catching up. */
  readonly list = this.listOf(events.list);
  /** Events of a project as they happen (Server-Sent Events); resumes after `Last-Event-ID`. */
  readonly stream = this.method(events.stream);
}
