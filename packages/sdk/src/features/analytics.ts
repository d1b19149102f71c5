import { analytics, type Analytic } from '@fovea/contract';
import { platform } from '#platform';
import type { CallOptions, Upload } from '../client.ts';
import { Feature } from '../feature.ts';
import { openSource, type UploadSource } from '../transfer/source.ts';

/** Analytics: versioned processors with typed inputs, parameters and outputs. */
export class Analytics extends Feature {
  /** Lists the analytics that the caller can run: the newest version of each, or all versions. */
  readonly list = this.listOf(analytics.list);
  /** Finds versions of analytics by the query language: `{ filter, sort, fields }`. */
  readonly query = this.listOf(analytics.query);
  /** Gets an analytic with its document. */
  readonly get = this.method(analytics.get, 'analytic');
  /** Registers an analytic, or a new version of one, by its manifest. */
  readonly register = this.method(analytics.register);
  /** Marks a version as one that should no longer be used. */
  readonly deprecate = this.method(analytics.deprecate, 'analytic');
  /** Gets the secret by which the endpoint of an HTTP analytic knows that a task comes from this platform. */
  readonly secret = this.method(analytics.secret, 'analytic');
  /** Deletes a version of an analytic; finished jobs stay. */
  readonly delete = this.method(analytics.delete, 'analytic');

  /** Uploads one of the files that the manifest names; with the last one the analytic can run. In Node a text is the path of the file. */
  async putFile(analytic: string, path: string, file: UploadSource, options: CallOptions = {}): Promise<Analytic> {
    const opened = await openSource(file);
    const body: Upload = { open: (sent) => platform.body(opened, sent), replayable: opened.replayable };
    return this.client.run(analytics.putFile, { params: { analytic }, query: { path }, body, ...options });
  }
}
