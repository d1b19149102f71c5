import { newId, type BodyOf, type Operation, type ParamsOf, type QueryOf, type ResultOf, type Transfer } from '@fovea/contract';
import { platform } from '#platform';
import { readJson } from './answer.ts';
import { bytesSource } from './transfer/source.ts';
import { Transport, type Logger, type Outgoing } from './transport.ts';

/** How to reach a platform. */
export interface FoveaOptions {
  /** Where the platform is, e.g. `https://fovea.example.org`. Default: FOVEA_URL, in a page its own origin. */
  url?: string | undefined;
  /** A key. Default: FOVEA_KEY. Without one the client uses the browser's console session. */
  key?: string | undefined;
  /** Used instead of the global fetch. */
  fetch?: typeof fetch | undefined;
  /** How often a failed request is repeated at most when the failure may pass (408, 429, 5xx, network). Default 2. */
  maxRetries?: number | undefined;
  /** How long an answer may take; for uploads and downloads, how long no byte may move. Default 60,000. */
  timeoutMs?: number | undefined;
  /** Ends every call of this client with AbortedError. */
  signal?: AbortSignal | undefined;
  /** Told of every request and retry; pino and `console` fit. */
  logger?: Logger | undefined;
}

/** What every call takes. */
export interface CallOptions {
  /** Ends the call with AbortedError. */
  signal?: AbortSignal | undefined;
  /** Instead of the client's. */
  timeoutMs?: number | undefined;
  /** Instead of the client's. */
  maxRetries?: number | undefined;
  /** For a POST: requests with the same key are carried out once. Default: a new one for each call, kept through its retries. null: none, where twice does no harm. */
  idempotencyKey?: string | null | undefined;
  /** For a change: the revision it is based on; RevisionConflictError when somebody else was faster. */
  ifMatch?: number | undefined;
  /** Sent along, e.g. `range`. */
  headers?: Record<string, string> | undefined;
}

type Text<T> = unknown extends T ? number : [T] extends ['true' | 'false' | undefined] ? boolean | Exclude<T, 'true' | 'false'> : T;
/** The query of an operation, with numbers and booleans where the wire has text. */
export type QueryInput<O extends Operation> = { [K in keyof QueryOf<O>]: Text<QueryOf<O>[K]> };

type JsonBody<O extends Operation> = O['body'] extends Transfer | undefined ? undefined : BodyOf<O>;
type Part<Name extends string, T> = [T] extends [undefined] ? { [K in Name]?: undefined } : object extends T ? { [K in Name]?: T | undefined } : { [K in Name]: T };

/** What an operation is called with; parts that it does not have are left out. */
export type CallInput<O extends Operation> = Part<'params', ParamsOf<O>> &
  Part<'query', O['query'] extends undefined ? undefined : QueryInput<O>> &
  (O['body'] extends Transfer ? { body: Upload } : Part<'body', JsonBody<O>>) &
  CallOptions;

/** What an operation answers: a Response to read from where it gives bytes. */
export type CallResult<O extends Operation> = O['result'] extends Transfer ? Response : O['result'] extends undefined ? void : ResultOf<O>;

/** A body of bytes. */
export type Upload = Pick<Outgoing, 'onSent' | 'replayable'> & { open: NonNullable<Outgoing['body']> };

/** The input of any operation, for code that makes methods of operations. */
export interface AnyInput extends CallOptions {
  params?: Record<string, unknown> | undefined;
  query?: Record<string, unknown> | undefined;
  body?: unknown;
}

/** Calls operations of the contract. Features are thin names over it. */
export class Client {
  readonly url: string;
  private readonly key: string | undefined;
  private readonly transport: Transport;
  private readonly signal: AbortSignal | undefined;
  /** Sent on every change in a console session. */
  private csrf: string | undefined;

  constructor(options: FoveaOptions = {}) {
    this.url = baseUrl(options.url);
    this.key = checkedKey(options.key ?? environment('FOVEA_KEY'));
    this.signal = options.signal;
    this.transport = new Transport({
      fetch: options.fetch,
      maxRetries: options.maxRetries ?? 2,
      timeoutMs: options.timeoutMs ?? 60_000,
      logger: options.logger,
    });
  }

  /** Calls an operation; rejects with ApiError, ConnectionError, TimeoutError or AbortedError. */
  call<O extends Operation>(operation: O, input: CallInput<O>): Promise<CallResult<O>> {
    return this.run(operation, input as AnyInput);
  }

  /** `call` without a look at the input's type. */
  async run<O extends Operation>(operation: O, input: AnyInput): Promise<CallResult<O>> {
    const streaming = typeof operation.result === 'string';
    const result = await this.transport.send<unknown>(this.outgoing(operation, input), (response) => {
      if (streaming) return response;
      return operation.result === undefined ? response.body?.cancel() : readJson(response);
    });
    return result as CallResult<O>;
  }

  /** Sends bytes to an address that needs no key: a signed one, of the platform or of its store. */
  async put(url: string, bytes: Uint8Array, { onSent, ...patience }: Pick<CallOptions, 'signal' | 'timeoutMs' | 'maxRetries'> & { onSent?: ((bytes: number) => void) | undefined } = {}): Promise<void> {
    const body = (sent: (bytes: number) => void) => platform.body(bytesSource(bytes), sent);
    await this.transport.send({ method: 'PUT', url, headers: {}, body, onSent: onSent ?? (() => undefined), credentials: 'omit', ...patience, signal: this.signalOf(patience.signal) }, (response) => response.body?.cancel());
  }

  /** A plain GET of an address that needs no key, e.g. a signed one; the body is still to be read. */
  async open(url: string, { headers = {}, ...patience }: Pick<CallOptions, 'signal' | 'timeoutMs' | 'maxRetries' | 'headers'> = {}): Promise<Response> {
    return this.transport.send({ method: 'GET', url, headers, credentials: 'omit', streaming: true, ...patience, signal: this.signalOf(patience.signal) }, (response) => response);
  }

  /** The full URL of an operation, without a key in it. */
  urlOf(operation: Operation, params: Record<string, unknown> = {}, query: Record<string, unknown> = {}): string {
    const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => pathSegment(name, params[name]));
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== null) search.set(name, queryText(value));
    }
    const text = search.toString();
    return `${this.url}${path}${text === '' ? '' : `?${text}`}`;
  }

  /** The deadlines and retries that apply to a call. */
  patience(input: Pick<CallOptions, 'timeoutMs' | 'maxRetries'>): { timeoutMs: number; maxRetries: number } {
    const { timeoutMs, maxRetries } = this.transport.options;
    return { timeoutMs: input.timeoutMs ?? timeoutMs, maxRetries: input.maxRetries ?? maxRetries };
  }

  /** Remembers what a console session needs on its changes. */
  rememberCsrf(csrf: string | null): void {
    this.csrf = csrf ?? undefined;
  }

  private outgoing(operation: Operation, input: AnyInput): Outgoing {
    const { timeoutMs, maxRetries } = input;
    const signal = this.signalOf(input.signal);
    const common = {
      method: operation.method,
      url: this.urlOf(operation, input.params, input.query),
      headers: this.headers(operation, input),
      credentials: this.key === undefined ? ('same-origin' as const) : ('omit' as const),
      streaming: typeof operation.result === 'string',
      signal,
      timeoutMs,
      maxRetries,
    };
    if (typeof operation.body === 'string') {
      const { open, onSent, replayable } = input.body as Upload;
      return { ...common, body: open, onSent: onSent ?? (() => undefined), replayable };
    }
    if (input.body === undefined) return common;
    const content = JSON.stringify(input.body);
    return { ...common, headers: { ...common.headers, 'content-type': 'application/json' }, body: () => ({ content }) };
  }

  /** The caller's signal and the client's as one. */
  private signalOf(given: AbortSignal | undefined): AbortSignal | undefined {
    const signals = [this.signal, given].filter((signal) => signal !== undefined);
    return signals.length > 1 ? AbortSignal.any(signals) : signals[0];
  }

  private headers(operation: Operation, input: AnyInput): Record<string, string> {
    const headers: Record<string, string> = { ...input.headers };
    const changes = operation.method !== 'GET';
    const open = operation.audience === 'public';
    if (this.key !== undefined && !open) headers['authorization'] = `Bearer ${this.key}`;
    else if (this.csrf !== undefined && changes) headers['x-fovea-csrf'] = this.csrf;
    // A POST that only asks (a query) may be carried out twice.
    const isChange = operation.method === 'POST' && !open && operation.scope !== 'read' && typeof operation.body !== 'string';
    if (isChange && input.idempotencyKey !== null) headers['idempotency-key'] = input.idempotencyKey ?? newId();
    if (input.ifMatch !== undefined) headers['if-match'] = `"${input.ifMatch}"`;
    return headers;
  }
}

function environment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.[name] || undefined;
}

function baseUrl(given: string | undefined): string {
  const page = (globalThis as { location?: { origin?: string } }).location?.origin;
  const text = given || environment('FOVEA_URL') || page;
  if (!text) throw new TypeError('No platform named: pass { url } or set FOVEA_URL, e.g. http://127.0.0.1:8080.');
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) throw new TypeError(`"${text}" is not an http or https URL.`);
  return text.replace(/[?#].*$/, '').replace(/\/+$/, '');
}

function checkedKey(given: string | undefined): string | undefined {
  const key = given?.trim();
  if (key === undefined || key === '') return undefined;
  // Without the key in it: errors end up in logs.
  if (!/^[\x21-\x7e]+$/.test(key)) throw new TypeError('The key contains characters that no key has; was it copied in whole?');
  return key;
}

function pathSegment(name: string, value: unknown): string {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  if (text === '') throw new TypeError(`"${name}" must be given and not be empty.`);
  // URL parsers drop these segments even when they are encoded.
  if (text === '.' || text === '..') throw new TypeError(`"${text}" cannot be given as "${name}"; use its id.`);
  return encodeURIComponent(text);
}

function queryText(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(listEntry).join(',');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function listEntry(entry: unknown): string {
  const text = String(entry);
  if (text.includes(',')) throw new TypeError(`"${text}" contains a comma, which separates entries; set it by update instead.`);
  return text;
}
