import type { Operation } from '@fovea/contract';
import { Client, type CallInput, type CallResult, type FoveaOptions } from './client.ts';
import { Audit } from './features/audit.ts';
import { Buckets } from './features/buckets.ts';
import { Commands } from './features/commands.ts';
import { Datasets } from './features/datasets.ts';
import { Items } from './features/items.ts';
import { Keys } from './features/keys.ts';
import { Members } from './features/members.ts';
import { Projects } from './features/projects.ts';
import { Segmentations } from './features/segmentations.ts';
import { Deidentification } from './features/deidentification.ts';
import { Scans, Series } from './features/scans.ts';
import { Session } from './features/session.ts';
import { System } from './features/system.ts';
import { Annotations } from './features/annotations.ts';
import { Exports, Formats, Imports } from './features/formats.ts';
import { Quality } from './features/quality.ts';
import { Recipes } from './features/recipes.ts';
import { Batches } from './features/batches.ts';
import { Tasks } from './features/tasks.ts';
import { Analytics } from './features/analytics.ts';
import { Jobs } from './features/jobs.ts';
import { Profiles } from './features/profiles.ts';
import { Runs } from './features/runs.ts';
import { Events } from './features/events.ts';
import { Webhooks } from './features/webhooks.ts';
import { Transfers } from './features/transfers.ts';
import { Users } from './features/users.ts';
import { Usage } from './features/usage.ts';
import { Versions } from './features/versions.ts';

class Connected {
  protected readonly client: Client;

  constructor(options: FoveaOptions = {}) {
    this.client = new Client(options);
  }

  /** Where the platform is. */
  get url(): string {
    return this.client.url;
  }

  /** Calls any operation of the contract; the features are names for this. */
  call<O extends Operation>(operation: O, input: CallInput<O>): Promise<CallResult<O>> {
    return this.client.call(operation, input);
  }
}

/**
 * A client of a Fovea platform.
 *
 * ```ts
 * const fovea = new Fovea({ url: 'http://127.0.0.1:8080', key: '…' });
 * const dataset = await fovea.datasets.create({ project: 'Street', name: 'Night' });
 * await fovea.items.uploadMany(dataset.id, './photos');
 * for await (const item of fovea.items.list(dataset.id, { kind: 'image' })) console.log(item.path, item.width);
 * ```
 */
export class Fovea extends Connected {
  readonly system = new System(this.client);
  readonly session = new Session(this.client);
  readonly users = new Users(this.client);
  readonly keys = new Keys(this.client);
  readonly projects = new Projects(this.client);
  readonly members = new Members(this.client);
  readonly datasets = new Datasets(this.client);
  readonly usage = new Usage(this.client);
  readonly versions = new Versions(this.client);
  readonly items = new Items(this.client);
  readonly transfers = new Transfers(this.client);
  readonly buckets = new Buckets(this.client);
  readonly scans = new Scans(this.client);
  readonly series = new Series(this.client);
  readonly segmentations = new Segmentations(this.client);
  readonly deidentification = new Deidentification(this.client);
  readonly annotations = new Annotations(this.client);
  readonly recipes = new Recipes(this.client);
  readonly formats = new Formats(this.client);
  readonly exports = new Exports(this.client);
  readonly imports = new Imports(this.client);
  readonly batches = new Batches(this.client);
  readonly tasks = new Tasks(this.client);
  readonly quality = new Quality(this.client);
  readonly analytics = new Analytics(this.client);
  readonly jobs = new Jobs(this.client);
  readonly profiles = new Profiles(this.client);
  readonly runs = new Runs(this.client);
  readonly events = new Events(this.client);
  readonly audit = new Audit(this.client);
  readonly webhooks = new Webhooks(this.client);
  readonly commands = new Commands(this.client);
}
