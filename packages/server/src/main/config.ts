import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { BucketSettings } from '../engines/buckets/bucket.ts';
import { bucketsSetting } from './buckets.ts';
import { ConfigError } from './config-error.ts';
import { makeFolder } from './make-folder.ts';

export { ConfigError };

/** Everything that can be set from outside, checked. Only `main/` reads the environment. */
export interface Config {
  dataDir: string;
  host: string;
  port: number;
  /** How users reach the platform; without a slash at the end. */
  publicUrl: string;
  /** `publicUrl` was said, rather than made of host and port: it holds for every caller. */
  publicUrlSet: boolean;
  /** Unset: the embedded PostgreSQL. */
  databaseUrl: string | undefined;
  blobs: { kind: 'disk'; root: string } | { kind: 's3'; bucket: string; prefix: string; endpoint: string | undefined; region: string };
  /** Buckets of others that items may be imported from by reference. */
  buckets: readonly BucketSettings[];
  adminKey: string | undefined;
  /** Signs URLs and tokens. */
  secret: string;
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  allowPrivateNetwork: boolean;
  /** The mail server that sends for the platform, and the address that it sends from. */
  mail: { url: string; from: string } | undefined;
}

const flag = z
  .enum(['1', '0', 'true', 'false', 'yes', 'no', ''], { error: 'must be true or false' })
  .transform((text) => ['1', 'true', 'yes'].includes(text));

const environment = z.object({
  FOVEA_DATA: z.string().min(1).default('./data'),
  FOVEA_HOST: z.string().min(1).default('127.0.0.1'),
  FOVEA_PORT: z.coerce.number({ error: 'must be a port number' }).int('must be a whole number').min(0, 'must be from 0 to 65535').max(65_535, 'must be from 0 to 65535').default(8080),
  FOVEA_PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  FOVEA_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }).optional(),
  FOVEA_BLOBS: z
    .string()
    .regex(/^(s3:\/\/[a-z0-9][a-z0-9.-]{1,62}(\/.*)?|(?!\w+:\/\/).+)$/, 'must be a folder or s3://bucket/prefix')
    .optional(),
  FOVEA_S3_ENDPOINT: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  FOVEA_S3_REGION: z.string().min(1).default('us-east-1'),
  FOVEA_BUCKETS: bucketsSetting.optional(),
  FOVEA_ADMIN_KEY: z.string().min(16, 'must have at least 16 characters').max(200).regex(/^\S+$/, 'must not contain spaces').optional(),
  FOVEA_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  FOVEA_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  FOVEA_ALLOW_PRIVATE_NETWORK: flag.default(false),
  FOVEA_SMTP_URL: z.url({ protocol: /^smtps?$/, error: 'must be an smtp:// or smtps:// URL' }).optional(),
  FOVEA_MAIL_FROM: z.email('must be an e-mail address').optional(),
});

/** What the command line may set over the environment. */
export interface Overrides {
  dataDir?: string | undefined;
  host?: string | undefined;
  port?: number | undefined;
}

/** Reads the configuration; throws {@link ConfigError}. Creates the data folder and, when it is unset, the signing secret in it. */
export function readConfig(env: Record<string, string | undefined>, overrides: Overrides = {}): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([name, value]) => name.startsWith('FOVEA_') && value !== undefined && value !== ''));
  const parsed = environment.safeParse({
    ...given,
    ...(overrides.dataDir === undefined ? {} : { FOVEA_DATA: overrides.dataDir }),
    ...(overrides.host === undefined ? {} : { FOVEA_HOST: overrides.host }),
    ...(overrides.port === undefined ? {} : { FOVEA_PORT: overrides.port }),
  });
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  ${issue.path.join('.')} ${issue.message}`);
    throw new ConfigError(`These settings are wrong:\n${faults.join('\n')}`);
  }
  const settings = parsed.data;
  const dataDir = resolve(settings.FOVEA_DATA);
  const port = settings.FOVEA_PORT;
  const shownHost = ['0.0.0.0', '::', ''].includes(settings.FOVEA_HOST) ? '127.0.0.1' : settings.FOVEA_HOST;
  const publicUrl = (settings.FOVEA_PUBLIC_URL ?? `http://${shownHost.includes(':') ? `[${shownHost}]` : shownHost}:${port}`).replace(/\/+$/, '');
  return {
    dataDir,
    host: settings.FOVEA_HOST,
    port,
    publicUrl,
    publicUrlSet: settings.FOVEA_PUBLIC_URL !== undefined,
    databaseUrl: settings.FOVEA_DATABASE_URL,
    blobs: blobSettings(settings.FOVEA_BLOBS, dataDir, settings.FOVEA_S3_ENDPOINT, settings.FOVEA_S3_REGION),
    buckets: settings.FOVEA_BUCKETS ?? [],
    adminKey: settings.FOVEA_ADMIN_KEY,
    secret: settings.FOVEA_SECRET ?? storedSecret(dataDir),
    logLevel: settings.FOVEA_LOG_LEVEL,
    allowPrivateNetwork: settings.FOVEA_ALLOW_PRIVATE_NETWORK,
    mail: settings.FOVEA_SMTP_URL === undefined ? undefined : { url: settings.FOVEA_SMTP_URL, from: settings.FOVEA_MAIL_FROM ?? `fovea@${new URL(publicUrl).hostname}` },
  };
}

function blobSettings(text: string | undefined, dataDir: string, endpoint: string | undefined, region: string): Config['blobs'] {
  const s3 = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(text ?? '');
  if (s3) return { kind: 's3', bucket: s3[1] ?? '', prefix: (s3[2] ?? '').replace(/\/+$/, ''), endpoint, region };
  return { kind: 'disk', root: text === undefined ? join(dataDir, 'blobs') : resolve(text) };
}

/** The signing secret in the data folder, made on first use. */
function storedSecret(dataDir: string): string {
  const file = join(dataDir, 'secret');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  makeFolder(dataDir, 'FOVEA_DATA');
  const secret = randomBytes(32).toString('base64url');
  try {
    writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: 'wx' });
    return secret;
  } catch (error) {
    // Another process of this installation made it at the same moment.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return readFileSync(file, 'utf8').trim();
    throw new ConfigError(`FOVEA_DATA: nothing can be written into the folder ${dataDir} (${(error as NodeJS.ErrnoException).code}); choose another one.`, { cause: error });
  }
}
