import { checkStorage as check, type DeepCheck, type StorageReport } from '../catalog/care/deep.ts';
import { referencedBlobs } from '../catalog/buckets/referenced.ts';
import { connectDatabase } from '../engines/database/postgres.ts';
import { readConfig } from './config.ts';
import { databaseOf, openBlobs, openBuckets } from './engines.ts';

export type { StorageFault, StorageReport } from '../catalog/care/deep.ts';

/** Looks at every byte that a platform keeps, beside the running one or without: see {@link check}. Throws ConfigError where there is no platform. */
export async function checkStorage(options: { dataDir?: string; env?: Record<string, string | undefined> }, told: DeepCheck): Promise<StorageReport> {
  const config = readConfig(options.env ?? process.env, options);
  return databaseOf(config, async (connection) => {
    const db = await connectDatabase({ ...connection, poolSize: 8 });
    try {
      const own = await openBlobs(config);
      const buckets = openBuckets(config);
      try {
        return await check({ db, blobs: referencedBlobs(db, own, buckets) }, told);
      } finally {
        for (const bucket of buckets.values()) bucket.close();
        await own.close();
      }
    } finally {
      await db.close();
    }
  });
}
