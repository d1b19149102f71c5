import type { Parsed, Task, tasks } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { ItemsService } from '../../catalog/items/service.ts';
import { queryPage, rowAlias } from '../../catalog/query/page.ts';
import { project as projectFields } from '../../catalog/query/project.ts';
import type { Database, WhenMade } from '../../engines/database/database.ts';
import type { Queue } from '../../engines/queue/queue.ts';
import type { AddressCheck } from '../../events/callback-address.ts';
import { authorize } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import type { ProjectsService } from '../../identity/projects/service.ts';
import type { Page } from '../../paging.ts';
import type { AnnotationsService } from '../annotations/service.ts';
import { workerOf } from '../quality/hidden.ts';
import { seenBy } from '../quality/seen-entities.ts';
import type { RecipesService } from '../recipes/service.ts';
import { taskAnswers } from './answers.ts';
import { taskChanges } from './changes.ts';
import { taskClaims } from './claims.ts';
import { taskCreation, type TaskExtras } from './creation.ts';
import { taskEntity } from './entity.ts';
import { taskFinder } from './find.ts';
import { taskHandingIn } from './handing-in.ts';
import { taskLife } from './life.ts';
import { taskReview } from './review.ts';
import { shownOf } from './shown.ts';
import { selectTasksOfItems, toStoredTask, toTask, type StoredTask, type TaskRow } from './store.ts';

type Body<K extends keyof typeof tasks> = Parsed<(typeof tasks)[K]>['body'];
export type TasksService = ReturnType<typeof tasksService>;

/** Tasks: one unit of human work each. */
export function tasksService(deps: { db: Database; queue: Queue; projects: ProjectsService; items: ItemsService; annotations: AnnotationsService; recipes: RecipesService; mayCall: AddressCheck }) {
  const { db } = deps;
  const answers = taskAnswers(deps);
  const life = taskLife({ db, answers });
  const { held, ...claims } = taskClaims({ db, life });
  const handingIn = taskHandingIn({ db, life, held, answers });
  const make = taskCreation(deps);

  return {
    ...life.hooks,
    ...taskFinder(db),
    ...claims,
    ...handingIn,
    ...taskReview({ db, life, answers }),
    ...taskChanges({ ...deps, life }),

    /** Makes a task; one of a test key that came through the native API completes itself right after, although the answer still says `pending`. */
    async create(caller: Caller, body: Body<'create'> & TaskExtras, whenMade?: WhenMade<StoredTask>): Promise<StoredTask> {
      const made = await make(caller, body, whenMade);
      await handingIn.finishTest(made);
      return made;
    },

    async query(caller: Caller, projectId: string, body: Body<'query'>): Promise<Page<Partial<Task>>> {
      const { role } = await authorize(db, caller, projectId, { role: 'annotator', scope: 'read' });
      return queryPage<TaskRow, Partial<Task>>(db, seenBy(workerOf(caller, role)).tasks, body, {
        columns: sql`${rowAlias}.*`,
        scope: sql`${rowAlias}.project_id = ${projectId} and ${rowAlias}.test = ${caller.test}`,
        scopeMark: [projectId, caller.test],
        defaultSort: [{ field: 'id', direction: 'desc' }],
        map: (row) => projectFields(toTask(toStoredTask(row)), body.fields, taskEntity),
      });
    },

    get: (caller: Caller, id: string): Promise<StoredTask> => life.need(caller, id, 'annotator', 'read'),

    /** The tasks of items that are in a batch and not cancelled and that the caller is shown, oldest first; rights were checked on the items. */
    ofItems: (caller: Caller, itemIds: readonly string[]): Promise<StoredTask[]> => selectTasksOfItems(db, itemIds, shownOf(caller, sql`t`)),
  };
}
