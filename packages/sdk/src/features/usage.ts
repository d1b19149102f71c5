import { usage } from '@fovea/contract';
import { Feature } from '../feature.ts';

/** How much projects hold, and how much they may. */
export class Usage extends Feature {
  /** How much a project holds. */
  readonly project = this.method(usage.project, 'project');
  /** How much each project of the organisation holds, newest first. */
  readonly organization = this.listOf(usage.organization);
  /** Limits the bytes of the items of a project; null for no limit. */
  readonly setQuota = this.method(usage.setQuota, 'project');
}
