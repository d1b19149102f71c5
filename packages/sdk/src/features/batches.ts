import { batches } from '@fovea/contract';
import { Feature } from '../feature.ts';

/** Batches: tasks handed out together. */
export class Batches extends Feature {
  /** Creates a batch in staging; with a dataset and a filter, one task for each item that the filter finds. */
  readonly create = this.method(batches.create);
  /** Lists the batches of a project, newest first. */
  readonly list = this.listOf(batches.list);
  /** Finds batches of a project by the query language: `{ filter, sort, fields }`. */
  readonly query = this.listOf(batches.query, 'project');
  /** Gets a batch with the counts of its tasks. */
  readonly get = this.method(batches.get, 'batch');
  /** Changes a batch. */
  readonly update = this.method(batches.update, 'batch');
  /** Opens a staged batch for work. */
  readonly finalize = this.method(batches.finalize, 'batch');
  /** Cancels a batch and its tasks that are not completed. */
  readonly cancel = this.method(batches.cancel, 'batch');
  /** Adds a task for each item of the batch's dataset that the filter finds and that has none in it yet. */
  readonly addItems = this.method(batches.addItems, 'batch');
  /** Lists who works on a batch, and how far each of them is. */
  readonly assignments = this.listOf(batches.assignments, 'batch');
  /** Sets who works on a batch; pending tasks are shared out anew. */
  readonly assign = this.method(batches.assign, 'batch');
}
