import sql from 'sql-template-tag';
import type { Tx } from '../../engines/database/database.ts';
import { Fault } from '../../fault.ts';

/** Refuses more bytes than the project may hold. Uploads at the same moment may go over it together by what they bring. */
export async function needQuota(tx: Tx, projectId: string, quotaBytes: number | null, moreBytes: number): Promise<void> {
  if (quotaBytes === null || moreBytes <= 0) return;
  const { bytes } = await tx.one<{ bytes: number }>(sql`select coalesce(sum(c.bytes), 0)::bigint as bytes from dataset_counts c
    join datasets d on d.id = c.dataset_id and d.deleted_at is null where d.project_id = ${projectId}`);
  if (bytes + moreBytes > quotaBytes) {
    throw new Fault('quota_exceeded', `The project may hold ${quotaBytes} bytes and holds ${bytes}; ${moreBytes} more do not fit. Delete items, or have an administrator raise the quota.`);
  }
}
