import type { FastifyRequest } from 'fastify';
import type { StoredItem } from '../../catalog/items/store.ts';
import type { StoredJob } from '../../compute/jobs/store.ts';
import { Fault } from '../../fault.ts';
import { isSigned, signedQuery, type SignedRequest } from '../../http/signed-url.ts';
import type { Caller } from '../../identity/caller.ts';
import { base } from './context.ts';

type Settings = { publicUrl: () => string; secret: string };

/** How long an address that needs no key stays open. */
const lifeMs = 3_600_000;

/** Addresses that open one file of one organisation to whoever has them. */
function signed(settings: Settings, path: string, options: { method?: SignedRequest['method']; name?: string; lifeMs?: number } = {}): string {
  const query = signedQuery(settings.secret, { method: options.method ?? 'GET', path, expiresMs: Date.now() + (options.lifeMs ?? lifeMs) });
  return `${settings.publicUrl()}${path}${options.name === undefined ? '' : `/${encodeURIComponent(options.name)}`}?${query}`;
}

/** The last segment names the file for clients that look there; the signature speaks for what is before it. */
export function signedDataUrl(settings: Settings, caller: Pick<Caller, 'orgId'>, item: Pick<StoredItem, 'id' | 'name'>): string {
  return signed(settings, `${base}/v1/signed/data/${caller.orgId}/${item.id}`, { name: item.name });
}

export function signedOutputUrl(settings: Settings, job: Pick<StoredJob, 'id'>, name: string): string {
  return signed(settings, `${base}/v1/signed/output/${job.id}`, { name });
}

export function signedLogUrl(settings: Settings, job: Pick<StoredJob, 'id'>): string {
  return signed(settings, `${base}/v1/signed/log/${job.id}`, { name: 'log.txt' });
}

/** Refuses a request whose address was not signed for this path, was changed, or has expired. */
export function needSigned(settings: Settings, request: FastifyRequest, path: string): void {
  if (!isSigned(settings.secret, { method: request.method, path: `${base}/v1/signed/${path}`, query: request.query })) {
    throw new Fault('forbidden', 'This address was changed or has expired; ask for a new one.');
  }
}
