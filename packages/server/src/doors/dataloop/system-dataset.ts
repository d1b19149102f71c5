import { isId } from '@fovea/contract';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { DataloopDeps } from './context.ts';
import { satisfies } from './dql/evaluate.ts';
import type { Dql } from './dql/translate.ts';

/** A dataset for what the client keeps for itself, such as pictures of labels; kept out of lists that do not ask for such. */
export const systemDataset = 'Binaries';

/** Makes the dataset when a query asks for it by its name in one project that has none; who may not make it finds none. */
export async function ensureSystemDataset({ rooms }: Pick<DataloopDeps, 'rooms'>, caller: Caller, dql: Pick<Dql, 'systemSpace' | 'filter'>, projects: readonly string[] | undefined): Promise<void> {
  const [project, another] = projects ?? [];
  const asked = dql.systemSpace && JSON.stringify(dql.filter ?? {}).includes(`"${systemDataset}"`) && satisfies({ name: systemDataset }, dql.filter);
  if (!asked || project === undefined || !isId(project) || another !== undefined) return;
  const { data } = await rooms.datasets.list(caller, { project, name: systemDataset, limit: 1 });
  if (data.length > 0) return;
  await rooms.datasets.create(caller, { project, name: systemDataset, description: 'What client programs keep for themselves', metadata: {}, itemDays: null }).catch((error: unknown) => {
    // Somebody else was quicker, or may and this caller may not.
    if (!(error instanceof Fault) || !['conflict', 'forbidden'].includes(error.code)) throw error;
  });
}
