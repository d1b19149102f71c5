import type { AnnotationChange, Command, Filter } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { CommandsService } from '../../catalog/commands/service.ts';
import { authorizeDataset } from '../../catalog/datasets/access.ts';
import { compileFilter } from '../../catalog/query/compile.ts';
import { queryCount, rowAlias } from '../../catalog/query/page.ts';
import type { Database, Tx, WhenMade } from '../../engines/database/database.ts';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { applyChange, deleteTogether } from './changes.ts';
import { annotationEntity } from './entity.ts';
import { bulkFaults, needNoFaults, type AnnotationRules } from './rules.ts';

const kinds = { update: 'annotations.update', delete: 'annotations.delete' } as const;
const bulkStep = 500;

/** Changes of all annotations that a filter finds: commands, in bounded steps by id, so that they go on where they left off. */
export function annotationsByQuery({ db, commands, rules }: { db: Database; commands: CommandsService; rules: AnnotationRules }) {
  for (const kind of Object.values(kinds)) {
    commands.handle(kind, async ({ command, caller, state, advance }) => {
      const { datasetId, filter, change: wanted } = command.input as { datasetId: string; filter: Filter; change?: AnnotationChange };
      let done = command.done;
      let after = (state?.['after'] as string | undefined) ?? null;
      const scope = sql`${rowAlias}.dataset_id = ${datasetId}`;
      const total = command.total ?? (await queryCount(db, annotationEntity, filter, scope));
      for (;;) {
        const ids = await db.many<{ id: string }>(sql`select ${rowAlias}.id from annotations ${rowAlias} where ${scope} and ${annotationEntity.alive(rowAlias)}
          and ${compileFilter(annotationEntity, filter, rowAlias)} and (${after}::uuid is null or ${rowAlias}.id > ${after}) order by ${rowAlias}.id limit ${bulkStep}`);
        if (ids.length === 0) return { changed: done };
        const last = ids.at(-1)?.id ?? '';
        await db.tx(async (tx) => {
          if (kind === kinds.delete) await deleteTogether(tx, caller, ids.map(({ id }) => id));
          else for (const { id } of ids) await changeIfThere(tx, caller, id, wanted ?? {});
          await advance({ done: done + ids.length, total: Math.max(total, done + ids.length), state: { after: last } }, tx);
        });
        done += ids.length;
        after = last;
      }
    });
  }

  async function bulk(caller: Caller, datasetId: string, kind: string, input: { filter: Filter; change?: unknown }, whenMade?: WhenMade<Command>): Promise<Command> {
    const dataset = await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'label' });
    compileFilter(annotationEntity, input.filter, rowAlias);
    return db.tx((tx) => commands.start(tx, caller, { kind, projectId: dataset.projectId, subjectId: datasetId, input: { datasetId, ...input } }, whenMade));
  }

  return {
    async updateMany(caller: Caller, datasetId: string, filter: Filter, wanted: AnnotationChange, whenMade?: WhenMade<Command>): Promise<Command> {
      await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'label' });
      needNoFaults(bulkFaults(await rules.recipe(db, { datasetId }), wanted), 'body.change');
      return bulk(caller, datasetId, kinds.update, { filter, change: wanted }, whenMade);
    },
    deleteMany: (caller: Caller, datasetId: string, filter: Filter, whenMade?: WhenMade<Command>): Promise<Command> => bulk(caller, datasetId, kinds.delete, { filter }, whenMade),
  };
}

/** Who deleted one of them in the meantime had the last word. */
async function changeIfThere(tx: Tx, caller: Caller, id: string, wanted: AnnotationChange): Promise<void> {
  try {
    await applyChange(tx, caller, id, wanted);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'not_found') throw error;
  }
}
