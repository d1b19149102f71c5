import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { datasetQuery } from '../api/datasets.ts';
import { itemQuery } from '../api/items.ts';

/** The id of the project that the page shown belongs to, by way of its dataset or item; undefined outside projects. */
export function useCurrentProjectId(): string | undefined {
  const { projectId, datasetId, itemId } = useParams({ strict: false });
  const item = useQuery({ ...itemQuery(itemId ?? ''), enabled: itemId !== undefined });
  const dataset = useQuery({ ...datasetQuery(datasetId ?? ''), enabled: datasetId !== undefined });
  return projectId ?? (itemId === undefined ? undefined : item.data?.projectId) ?? (datasetId === undefined ? undefined : dataset.data?.projectId);
}
