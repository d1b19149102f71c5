import { datasets } from '@fovea/contract';
import { Feature } from '../feature.ts';

/** Datasets: trees of items in a project. */
export class Datasets extends Feature {
  /** Creates a dataset in a project. ConflictError when the name is taken there. */
  readonly create = this.method(datasets.create);
  /** Lists datasets, newest first: of one project, or of all that the caller can see. */
  readonly list = this.listOf(datasets.list);
  /** Gets a dataset by id, or by name; `{ project }` looks for the name in that project only. */
  readonly get = this.method(datasets.get, 'dataset');
  /** Changes a dataset; metadata given replaces the old. */
  readonly update = this.method(datasets.update, 'dataset');
  /** Deletes a dataset with its items; it can be restored for 30 days. */
  readonly delete = this.method(datasets.delete, 'dataset');
  /** Brings a deleted dataset back. */
  readonly restore = this.method(datasets.restore, 'dataset');
  /** Copies a dataset, or what a filter finds in it; answers the command to watch, whose subject is the copy. */
  readonly clone = this.method(datasets.clone, 'dataset');
  /** Makes one dataset of several; answers the command to watch. */
  readonly merge = this.method(datasets.merge);
}
