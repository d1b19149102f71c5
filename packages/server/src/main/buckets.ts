import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { BucketSettings } from '../engines/buckets/bucket.ts';

const bucketName = z.string().regex(/^[a-z0-9][a-z0-9._-]{1,62}$/, 'must be the name of a bucket');

const connections = z.record(
  z.string().trim().min(1).max(200),
  z
    .object({
      bucket: bucketName.optional(),
      endpoint: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
      region: z.string().min(1).default('us-east-1'),
      accessKeyId: z.string().min(1).optional(),
      secretAccessKey: z.string().min(1).optional(),
      projects: z.array(z.string()).default([]),
    })
    .strict()
    .refine((one) => (one.accessKeyId === undefined) === (one.secretAccessKey === undefined), { error: 'must have accessKeyId and secretAccessKey, or neither' }),
);

/**
 * `FOVEA_BUCKETS`: a JSON object, or the path of a file that holds one: `{"NAME": {"bucket", "endpoint", "region", "accessKeyId",
 * "secretAccessKey", "projects"}}`. The name is that of the bucket, unless `bucket` says another.
 */
export const bucketsSetting = z.string().transform((text, context): BucketSettings[] => {
  const refuse = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  let content: unknown;
  try {
    content = JSON.parse(text.trimStart().startsWith('{') ? text : readFileSync(text, 'utf8'));
  } catch (error) {
    // The text itself holds secrets and is not repeated.
    return refuse(error instanceof SyntaxError ? 'must be a JSON object, or a file that holds one' : `names a file that cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  const parsed = connections.safeParse(content);
  if (!parsed.success) return refuse(parsed.error.issues.map((issue) => `${issue.path.join('.') || 'its content'} ${issue.message}`).join('; '));
  const settings: BucketSettings[] = [];
  for (const [name, { bucket = name, endpoint, region, accessKeyId, secretAccessKey, projects }] of Object.entries(parsed.data)) {
    if (!bucketName.safeParse(bucket).success) return refuse(`${name} must say which bucket it leads to`);
    const credentials = accessKeyId !== undefined && secretAccessKey !== undefined ? { accessKeyId, secretAccessKey } : undefined;
    settings.push({ name, bucket, endpoint, region, credentials, projects });
  }
  return settings;
});
