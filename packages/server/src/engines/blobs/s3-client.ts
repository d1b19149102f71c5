import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';

export interface S3ClientOptions {
  /** Unset: Amazon's own. */
  endpoint?: string | undefined;
  region?: string | undefined;
  /** Unset: found the usual way (AWS variables, profile, machine role). */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** The bucket in the path instead of the host name; the default with an endpoint of one's own. */
  forcePathStyle?: boolean;
}

/** A client that works with other stores than Amazon's too. */
export function s3Client(options: S3ClientOptions): S3Client {
  return new S3Client({
    region: options.region ?? 'us-east-1',
    forcePathStyle: options.forcePathStyle ?? options.endpoint !== undefined,
    // The checksums that newer clients add by themselves fail on streams to other stores than Amazon's.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: 10_000,
      socketTimeout: 60_000,
      httpAgent: new HttpAgent({ keepAlive: true, maxSockets: 64 }),
      httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets: 64 }),
    },
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  });
}
