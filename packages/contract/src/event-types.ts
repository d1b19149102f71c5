/** Everything that is told, by the thing that it happened to: an event's type is `item.created`. */
const happenings = {
  analytic: ['registered'],
  annotation: ['created', 'updated', 'deleted', 'restored'],
  annotations: ['imported'],
  batch: ['created', 'updated', 'finalized', 'assigned', 'extended', 'reduced', 'completed', 'cancelled', 'merged', 'unmerged', 'deleted'],
  command: ['completed', 'failed', 'cancelled'],
  dataset: ['created', 'updated', 'copied', 'deleted', 'restored'],
  folder: ['moved'],
  item: ['created', 'ready', 'failed', 'updated', 'replaced', 'deleted', 'expired', 'restored'],
  job: ['created', 'updated', 'queued', 'scheduled', 'started', 'completed', 'failed', 'cancelled', 'expired', 'deleted'],
  key: ['created', 'revoked'],
  member: ['added', 'updated', 'removed'],
  profile: ['created', 'updated', 'deleted'],
  project: ['created', 'updated', 'deleted', 'restored'],
  recipe: ['created', 'updated', 'deleted'],
  session: ['opened'],
  task: ['created', 'updated', 'claimed', 'released', 'lapsed', 'submitted', 'reviewed', 'rejected', 'completed', 'reopened', 'repeated', 'failed', 'cancelled'],
  user: ['created', 'updated'],
  version: ['created', 'restored'],
  webhook: ['created', 'updated', 'rotated', 'disabled', 'deleted'],
} as const satisfies Record<string, readonly string[]>;

/** The types of all events. */
export const eventTypes: readonly string[] = Object.entries(happenings).flatMap(([thing, verbs]) => verbs.map((verb) => `${thing}.${verb}`));

/** What stands for all events of one thing, such as `task.*`. */
export const eventWildcards: readonly string[] = Object.keys(happenings).map((thing) => `${thing}.*`);
