import { annotations } from './annotations.ts';
import { buckets } from './buckets.ts';
import { commands } from './commands.ts';
import { analytics, jobs, profiles, runs } from './compute.ts';
import { datasets } from './datasets.ts';
import { audit, events, webhooks } from './events.ts';
import { exports, formats, imports } from './formats.ts';
import { keys, members, session, users } from './identity.ts';
import { items } from './items.ts';
import type { Operation } from './operation.ts';
import { quality } from './quality.ts';
import { projects } from './projects.ts';
import { recipes } from './recipes.ts';
import { deidentification } from './deidentification.ts';
import { scans, series } from './scans.ts';
import { segmentations } from './segmentations.ts';
import { system } from './system.ts';
import { batches, tasks } from './tasks.ts';
import { transfers } from './transfers.ts';
import { usage } from './usage.ts';
import { versions } from './versions.ts';

/** The operation table: every operation of the native API, by feature. */
export const operations = { system, session, users, keys, projects, members, datasets, usage, versions, items, transfers, buckets, scans, series, deidentification, annotations, segmentations, recipes, formats, exports, imports, batches, tasks, quality, analytics, jobs, runs, profiles, commands, events, audit, webhooks };

/** All operations in the order of the table. */
export const allOperations: readonly Operation[] = Object.values(operations).flatMap((feature) => Object.values(feature) as Operation[]);
