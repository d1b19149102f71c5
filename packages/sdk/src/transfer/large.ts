import { transfers, type MissingPart, type PartedUpload } from '@fovea/contract';
import { platform } from '#platform';
import type { CallOptions, Client } from '../client.ts';
import { AbortedError, ApiError, FoveaError, SourceError } from '../errors.ts';
import { pause, waitBeforeRetryMs } from '../transport.ts';
import type { OpenSource } from './source.ts';

/** Files from this size on go in parts: a break costs a part, not the file. */
export const largeBytes = 32 * 1024 * 1024;
/** Parts of one file that are on their way at once. */
const concurrency = 3;
/** A URL is asked for anew this long before it ends. */
const marginMs = 60_000;

type Via = 'store' | 'platform';

/** How often a request of a large upload is repeated at the least. */
const largeRetries = 10;

/** How the requests of a large upload are made. */
export type LargeCall = { timeoutMs: number; maxRetries: number; signal: AbortSignal | undefined; idempotencyKey: null };

/**
 * How the requests of a large upload are made. A platform that is started again is waited for: half a minute and more, unless nothing is
 * to be tried twice. To begin or to complete it twice does no harm, and a platform that died in the middle remembers a key of a request
 * that never ends.
 */
export function largeCall(client: Client, { signal, timeoutMs, maxRetries }: Pick<CallOptions, 'signal' | 'timeoutMs' | 'maxRetries'>): LargeCall {
  const patience = client.patience({ timeoutMs, maxRetries });
  return { signal, timeoutMs: patience.timeoutMs, maxRetries: patience.maxRetries === 0 ? 0 : Math.max(patience.maxRetries, largeRetries), idempotencyKey: null };
}

/** So long the platform may take to answer when it reads all bytes before: 20 MB a second at the least. */
export function completionTimeoutMs(call: LargeCall, sizeBytes: number): number {
  return call.timeoutMs + sizeBytes / 20_000;
}

/** The requests that the upload of a large file is made of. All but `put` repeat themselves while their failure may pass. */
export interface LargeRequests<T> {
  begin(via: Via): Promise<PartedUpload>;
  window(upload: string, from: number, via: Via): Promise<PartedUpload>;
  put(url: string, bytes: Uint8Array, onSent: (bytes: number) => void): Promise<void>;
  complete(upload: string, sha256: string | undefined): Promise<T>;
}

/** How much of a large file has been sent. */
export interface SendProgress {
  sentBytes: number;
  totalBytes: number | undefined;
  /** Bytes that an earlier attempt had sent already. */
  resumedBytes: number;
}

/** A large file on its way into a dataset: what begins and what completes it, while parts go as all do. Tells how much of it was there before. */
export function sendLarge<T>(
  client: Client,
  dataset: string,
  source: SlicedSource,
  given: Pick<LargeRequests<T>, 'begin' | 'complete'> & { call: LargeCall; onSent?: ((progress: SendProgress) => void) | undefined },
): Promise<T> {
  const { begin, complete, call, onSent } = given;
  const totalBytes = source.sizeBytes;
  let resumedBytes = 0;
  return uploadLarge<T>(
    source,
    {
      begin: async (via) => {
        const upload = await begin(via);
        resumedBytes = Math.min(totalBytes, upload.arrivedCount * upload.partBytes);
        return upload;
      },
      window: (upload, from, via) => client.run(transfers.get, { params: { dataset, upload }, query: { from, via }, ...call }),
      put: (url, bytes, sent) => client.put(url, bytes, { ...call, maxRetries: 0, onSent: sent }),
      complete,
    },
    { onSent: (sentBytes) => onSent?.({ sentBytes, totalBytes, resumedBytes }), maxRetries: call.maxRetries, signal: call.signal },
  );
}

export interface LargeOptions {
  onSent(bytes: number): void;
  /** How often a part is sent again at most when its failure may pass. */
  maxRetries: number;
  signal: AbortSignal | undefined;
}

/** A source whose parts can be read in any order. */
export type SlicedSource = OpenSource & { sizeBytes: number; slice: NonNullable<OpenSource['slice']> };

export function isSliced(source: OpenSource): source is SlicedSource {
  return source.sizeBytes !== undefined && source.slice !== undefined;
}

/**
 * Sends a large file in parts, to the platform's store itself where that can be reached, else to the platform; what has arrived of an
 * earlier attempt is not sent again. Where the digest can be taken on the way, the platform refuses bytes that have another one.
 */
export async function uploadLarge<T>(source: SlicedSource, requests: LargeRequests<T>, options: LargeOptions): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const { id, sha256, resumed } = await new LargeUpload(source, requests, options).send();
    try {
      return await requests.complete(id, sha256);
    } catch (error) {
      // What had arrived before was of other bytes, or is no longer there: the platform has removed it, and all is sent once.
      const again = error instanceof ApiError && (error.code === 'gone' || (error.code === 'digest_mismatch' && resumed));
      if (!again || attempt > 0) throw error;
    }
  }
}

class LargeUpload {
  private readonly source: SlicedSource;
  private readonly requests: Omit<LargeRequests<unknown>, 'complete'>;
  private readonly options: LargeOptions;
  private readonly hasher = platform.hasher?.();
  /** Bytes of each part that are there or on their way. */
  private readonly sent = new Map<number, number>();
  private readonly underway = new Set<Promise<void>>();
  private via: Via = 'store';
  /** A part went straight to the store: a failure is no reason to go another way. */
  private reached = false;
  private fault: { error: unknown } | undefined;
  /** Missing parts with their URLs, known from the first number up to the last. */
  private known: { first: number; last: number; parts: Map<number, MissingPart>; direct: boolean; endsMs: number } | undefined;

  constructor(source: SlicedSource, requests: Omit<LargeRequests<unknown>, 'complete'>, options: LargeOptions) {
    this.source = source;
    this.requests = requests;
    this.options = options;
  }

  async send(): Promise<{ id: string; sha256: string | undefined; resumed: boolean }> {
    const upload = await this.requests.begin(this.via);
    this.learn(upload, 1);
    try {
      for (let number = 1; number <= upload.partCount && !this.fault; number++) await this.take(upload, number);
    } finally {
      await Promise.allSettled(this.underway);
    }
    if (this.fault) throw this.fault.error;
    return { id: upload.id, sha256: this.hasher?.digest(), resumed: upload.arrivedCount > 0 };
  }

  /** Reads a part in its turn, and sends it unless it is there. */
  private async take(upload: PartedUpload, number: number): Promise<void> {
    const { signal } = this.options;
    if (signal?.aborted) throw new AbortedError('The upload was aborted.', { cause: signal.reason });
    const start = (number - 1) * upload.partBytes;
    const end = Math.min(start + upload.partBytes, upload.sizeBytes);
    const part = await this.partAt(upload.id, number);
    const bytes = part || this.hasher ? await this.source.slice(start, end) : undefined;
    if (bytes && bytes.byteLength !== end - start) throw new SourceError('What is uploaded became shorter while it was read.');
    if (bytes) this.hasher?.update(bytes);
    if (!part) return this.tell(number, end - start);
    while (this.underway.size >= concurrency && !this.fault) await Promise.race(this.underway);
    if (this.fault || !bytes) return;
    const sending: Promise<void> = this.sendPart(upload.id, number, bytes)
      .catch((error: unknown) => void (this.fault ??= { error }))
      .finally(() => this.underway.delete(sending));
    this.underway.add(sending);
  }

  /** Sends a part until it is there. Before it is sent again the platform is asked whether it has arrived. */
  private async sendPart(upload: string, number: number, bytes: Uint8Array): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const part = await this.partAt(upload, number, attempt > 0);
      if (!part) return this.tell(number, bytes.byteLength);
      const direct = this.known?.direct === true;
      try {
        await this.requests.put(part.url, bytes, (count) => this.tell(number, count));
        this.reached ||= direct;
        return this.tell(number, bytes.byteLength);
      } catch (error) {
        this.tell(number, 0);
        const waitMs = this.waitMs(error, attempt, direct);
        if (waitMs === undefined || attempt >= this.options.maxRetries) throw direct ? ofStore(error) : error;
        await pause(waitMs, this.options.signal);
      }
    }
  }

  /** How long to wait before a part is sent again; undefined when that would not help. */
  private waitMs(error: unknown, attempt: number, direct: boolean): number | undefined {
    if (error instanceof AbortedError || error instanceof SourceError) return undefined;
    if (direct && !this.reached) {
      // The store cannot be reached from here (or, in a browser, does not let pages in): the platform hands the bytes on.
      this.via = 'platform';
      return 0;
    }
    // A URL that was refused may have ended; the next one is fresh.
    return waitBeforeRetryMs(error, attempt) ?? (error instanceof ApiError && attempt === 0 ? 0 : undefined);
  }

  /** The part with its URL; undefined when it has arrived. */
  private async partAt(upload: string, number: number, anew = false): Promise<MissingPart | undefined> {
    const { known } = this;
    const fits = known && number >= known.first && number <= known.last && known.endsMs - marginMs > Date.now() && (this.via === 'store' || !known.direct);
    if (!fits || anew) this.learn(await this.requests.window(upload, number, this.via), number);
    return this.known?.parts.get(number);
  }

  private learn(upload: PartedUpload, first: number): void {
    const isAll = upload.missing.length < 100;
    const last = isAll ? upload.partCount : (upload.missing.at(-1)?.number ?? upload.partCount);
    this.known = { first, last, parts: new Map(upload.missing.map((part) => [part.number, part])), direct: upload.direct, endsMs: Date.parse(upload.urlsExpireAt) };
  }

  private tell(number: number, bytes: number): void {
    this.sent.set(number, bytes);
    let total = 0;
    for (const count of this.sent.values()) total += count;
    this.options.onSent(total);
  }
}

/** A refusal of the store is none of the platform: its status says nothing about keys or datasets. */
function ofStore(error: unknown): unknown {
  return error instanceof ApiError ? new FoveaError(`The platform's store did not take a part of the file: ${error.detail}`, { cause: error }) : error;
}
