import { projects } from '@fovea/contract';
import { Feature } from '../feature.ts';

/** Projects: what members, datasets and recipes belong to. */
export class Projects extends Feature {
  /** Creates a project; the caller becomes its owner. ConflictError when the name is taken. */
  readonly create = this.method(projects.create);
  /** Lists the projects that the caller is a member of, newest first. */
  readonly list = this.listOf(projects.list);
  /** Gets a project by id or name. */
  readonly get = this.method(projects.get, 'project');
  /** Changes a project; metadata given replaces the old. */
  readonly update = this.method(projects.update, 'project');
  /** Deletes a project with all that is in it; it can be restored for 30 days. */
  readonly delete = this.method(projects.delete, 'project');
  /** Brings a deleted project back. */
  readonly restore = this.method(projects.restore, 'project');
}
