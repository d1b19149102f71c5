import { createHmac, timingSafeEqual } from 'node:crypto';
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
export function signedDataUrl(settings: Settings, caller: Pick<Caller, 'orgId'>, item: Pick<StoredItem, 'id' | 'name'>, life = lifeMs): string {
  return signed(settings, `${base}/v1/signed/data/${caller.orgId}/${item.id}`, { name: item.name, lifeMs: life });
}

/** What a worker reads (`task`) and writes (`status`, `logfile`, `output`) of one queueing of a job. */
export function signedRunUrl(settings: Settings, run: { id: string; ticket: number }, what: 'task' | 'status' | 'logfile' | 'output', life: number): string {
  return signed(settings, `${base}/v1/signed/run/${run.id}/${run.ticket}/${what}`, { method: what === 'task' ? 'GET' : 'PUT', lifeMs: life });
}

/** The key by which a worker is known: it opens one queueing of one job. */
export function agentKey(settings: Settings, run: { id: string; ticket: number }): string {
  const proof = createHmac('sha256', settings.secret).update(`voxel51-agent:${run.id}:${run.ticket}`).digest('base64url');
  return `agent.${run.id}.${run.ticket}.${proof}`;
}

/** The run that an agent key opens; undefined where it was not made by {@link agentKey}. */
export function runOfAgent(settings: Settings, key: string): { id: string; ticket: number } | undefined {
  const [, id = '', ticket = ''] = /^agent\.([0-9a-f-]{36})\.(\d{1,15})\.[\w-]+$/.exec(key) ?? [];
  const run = { id, ticket: Number(ticket) };
  const [given, expected] = [Buffer.from(key), Buffer.from(agentKey(settings, run))];
  return given.length === expected.length && timingSafeEqual(given, expected) ? run : undefined;
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
