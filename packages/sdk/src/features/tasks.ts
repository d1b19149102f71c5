import { tasks } from '@fovea/contract';
import { Feature } from '../feature.ts';

/** Tasks: one unit of human work each. */
export class Tasks extends Feature {
  /** Lists the task types with the schemas of their parameters and answers. */
  readonly types = this.method(tasks.types);
  /** Creates a task for people. */
  readonly create = this.method(tasks.create);
  /** Finds tasks of a project by the query language, newest first. */
  readonly query = this.listOf(tasks.query, 'project');
  /** Gets a task. */
  readonly get = this.method(tasks.get, 'task');
  /** Changes what is said about a task. */
  readonly update = this.method(tasks.update, 'task');
  /** Cancels a task that is not completed. */
  readonly cancel = this.method(tasks.cancel, 'task');
  /** Takes the next task for the caller: their own share first, then the common queue. No two people get the same. */
  readonly claim = this.method(tasks.claim, 'project');
  /** Keeps a claimed task for another lease. */
  readonly renew = this.method(tasks.renew, 'task');
  /** Gives a claimed task back, with a reason when it is flagged. */
  readonly release = this.method(tasks.release, 'task');
  /** Hands in the work on a claimed task. */
  readonly submit = this.method(tasks.submit, 'task');
  /** Has an analytic that the recipe allows look at the item of a task that the caller holds or reviews. */
  readonly suggest = this.method(tasks.suggest, 'task');
  /** Accepts submitted or completed work, sends it back with a comment, or records that it was fixed. */
  readonly review = this.method(tasks.review, 'task');
  /** Takes a completed task back, to be done once more. */
  readonly reopen = this.method(tasks.reopen, 'task');
}
