import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { datasetQuery } from '../api/datasets.ts';
import { itemQuery } from '../api/items.ts';
import { batchQuery } from '../api/tasks.ts';
import { profileQuery } from '../api/product.ts';
import { jobQuery } from '../api/work.ts';

/** The id of the project that the page shown belongs to, by way of what it shows; undefined outside projects. */
export function useCurrentProjectId(): string | undefined {
  const { projectId, datasetId, itemId, batchId, jobId, profileId } = useParams({ strict: false });
  const item = useQuery({ ...itemQuery(itemId ?? ''), enabled: itemId !== undefined });
  const dataset = useQuery({ ...datasetQuery(datasetId ?? ''), enabled: datasetId !== undefined });
  const batch = useQuery({ ...batchQuery(batchId ?? ''), enabled: batchId !== undefined });
  const job = useQuery({ ...jobQuery(jobId ?? ''), enabled: jobId !== undefined });
  const profile = useQuery({ ...profileQuery(profileId ?? ''), enabled: profileId !== undefined });
  if (projectId !== undefined) return projectId;
  if (profileId !== undefined) return profile.data?.projectId;
  if (itemId !== undefined) return item.data?.projectId;
  if (datasetId !== undefined) return dataset.data?.projectId;
  return batchId === undefined ? (jobId === undefined ? undefined : job.data?.projectId) : batch.data?.projectId;
}
