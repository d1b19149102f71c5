import type { Command } from '@fovea/contract';
import { exportKind } from './export-kind.ts';
import { toWireId } from './ids.ts';
import type { Json } from './json.ts';

const idOf = (id: unknown): string | null => (typeof id === 'string' ? toWireId(id) : null);

/** What the client is told of work on datasets and items, by kind. */
export const catalogWork: Readonly<Record<string, (command: Command) => { type: string; spec: Json }>> = {
  'dataset.clone': ({ subjectId }) => ({ type: 'CloneDataset', spec: { returnedModelId: idOf(subjectId) } }),
  'dataset.merge': ({ subjectId }) => ({ type: 'MergeDatasets', spec: { mergeDatasetsConfiguration: {}, returnedModelId: idOf(subjectId) } }),
  'items.update': ({ subjectId, result }) => ({ type: 'UpdateItems', spec: { datasetId: idOf(subjectId), updatedCount: result?.['changed'] ?? null } }),
  'items.delete': ({ subjectId, result }) => ({ type: 'DeleteItems', spec: { datasetId: idOf(subjectId), deletedCount: result?.['changed'] ?? null } }),
  [exportKind]: ({ subjectId, result }) => ({ type: 'ExportDatasetAsJson', spec: { datasetId: idOf(subjectId), outputItemId: idOf(result?.['outputItemId']), itemsCount: result?.['items'] ?? null } }),
};
