import { z } from 'zod';
import { command } from './commands.ts';
import { conflictRules, facet, itemStatuses } from './items.ts';
import { operation } from './operation.ts';
import { futureExpiry, id, itemPath, name } from './primitives.ts';

/** A bucket that the platform was told of, by whoever runs it; its credentials stay there. */
export const bucket = z.object({
  name: z.string().describe('Of the connection, in the settings of the platform'),
  bucket: z.string(),
  endpoint: z.string().nullable().describe("null: Amazon's own"),
});
export type BucketConnection = z.infer<typeof bucket>;

export const buckets = {
  list: operation({
    id: 'buckets.list',
    method: 'GET',
    path: '/v1/projects/{project}/buckets',
    summary: 'Lists the buckets from which items can be imported by reference.',
    audience: 'developer',
    params: z.object({ project: id }),
    result: z.object({ data: z.array(bucket) }),
    errors: ['not_found', 'forbidden'],
  }),
  import: operation({
    id: 'buckets.import',
    method: 'POST',
    path: '/v1/datasets/{dataset}/import-bucket',
    summary: 'Makes items of the objects below a prefix of a bucket, without copying them, in the background.',
    description:
      'Every object is read once for its digest; after that its bytes are read from the bucket when they are needed, and never changed or deleted there. Objects that were looked at before and have not changed are not read again. The bucket must be one of `buckets.list`: credentials are settings of the platform (`FOVEA_BUCKETS`) and no part of a request.',
    audience: 'developer',
    params: z.object({ dataset: id }),
    body: z
      .object({
        source: z
          .string()
          .max(1_200)
          .regex(/^s3:\/\/[a-z0-9][a-z0-9._-]{1,62}(\/.*)?$/s, 'must be like s3://bucket/prefix')
          .describe('`s3://bucket/prefix/`; a prefix that ends in `/` is a folder'),
        connection: name.optional().describe('Where several connections lead to the bucket'),
        folder: itemPath.optional().describe('Where its folders go; the root by default'),
        ifExists: z.enum(conflictRules).default('error'),
        labels: z.array(facet).max(100).optional(),
        channel: facet.optional(),
        status: z.enum(itemStatuses).optional(),
        expiresAt: futureExpiry.optional(),
      })
      .strict(),
    result: command,
    status: 202,
    errors: ['not_found', 'forbidden'],
  }),
};
