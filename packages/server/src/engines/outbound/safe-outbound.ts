import { lookup as dnsLookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from './addresses.ts';
import { OutboundError, type Outbound, type OutboundRequest, type OutboundResponse } from './outbound.ts';

export interface OutboundOptions {
  /** Private, loopback and other special addresses may be called too. */
  allowPrivateNetwork: boolean;
  /** All addresses of a name; the system's resolver unless given. */
  resolve?: (hostname: string) => Promise<string[]>;
  /** Which addresses count as public; given by tests, whose servers have none. */
  isPublic?: (address: string) => boolean;
}

const systemResolve = async (hostname: string): Promise<string[]> =>
  (await dnsLookup(hostname, { all: true, verbatim: true })).map((found) => found.address);

const defaultTimeoutMs = 10_000;
/** An answer whose body stands still for so long is broken off. */
const idleBodyMs = 60_000;

/** Calls to addresses that users name; see {@link Outbound} for what is refused. */
export function safeOutbound(options: OutboundOptions): Outbound {
  const addressesOf = addressCheck(options);
  return {
    async check(text) {
      await addressesOf(parseUrl(text));
    },
    async request(request) {
      const { timeoutMs = defaultTimeoutMs, maxRedirects = 0 } = request;
      let url = parseUrl(request.url);
      // One time for all of it: names, connections, redirects, up to the headers of the last answer.
      const deadline = new Deadline(timeoutMs, request.signal);
      try {
        let current = request;
        for (let redirects = 0; ; redirects++) {
          const addresses = await deadline.race(addressesOf(url));
          const response = await exchange(current, { url, addresses, signal: deadline.signal });
          const location = response.headers['location'];
          if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined || maxRedirects === 0)
            return response;
          response.body.destroy();
          if (redirects >= maxRedirects)
            throw new OutboundError('too_many_redirects', `The address redirects more than ${maxRedirects} times.`);
          const next = parseUrl(location, url);
          current = redirected(current, response.status, next.origin === url.origin);
          url = next;
        }
      } finally {
        deadline.clear();
      }
    },
  };
}

/** Finds the addresses of a URL's host, all of them checked. One bad address refuses the name: which one is used is not ours to bet on. */
function addressCheck({
  allowPrivateNetwork,
  resolve = systemResolve,
  isPublic = isPublicAddress,
}: OutboundOptions): (url: URL) => Promise<string[]> {
  return async (url) => {
    const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
    let addresses: string[];
    try {
      addresses = isIP(host) ? [host] : await resolve(host);
    } catch {
      throw new OutboundError('unreachable', `The name "${host}" cannot be resolved.`);
    }
    if (addresses.length === 0) throw new OutboundError('unreachable', `The name "${host}" has no address.`);
    if (!allowPrivateNetwork && !addresses.every((address) => isPublic(address))) {
      throw new OutboundError(
        'refused',
        `The address of "${host}" is not public; private networks are allowed by FOVEA_ALLOW_PRIVATE_NETWORK.`,
      );
    }
    return addresses;
  };
}

/** The time that is left, and the caller's own signal. */
class Deadline {
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly signal: AbortSignal;

  constructor(timeoutMs: number, given: AbortSignal | undefined) {
    const late = new OutboundError('timeout', `No answer came within ${timeoutMs / 1_000} seconds.`);
    this.#timer = setTimeout(() => this.#stop.abort(late), timeoutMs);
    this.signal = given ? AbortSignal.any([this.#stop.signal, given]) : this.#stop.signal;
  }

  /** The work's result, or the reason of the signal, whichever comes first. */
  async race<T>(work: Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const abort = () => reject(this.signal.reason as Error);
    if (this.signal.aborted) abort();
    this.signal.addEventListener('abort', abort);
    try {
      return await Promise.race([work, promise]);
    } finally {
      this.signal.removeEventListener('abort', abort);
    }
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}

function parseUrl(text: string, base?: URL): URL {
  let url: URL;
  try {
    // The URL standard turns decimal, octal and hexadecimal spellings of IPv4 into the usual one.
    url = new URL(text, base);
  } catch {
    throw new OutboundError('refused', 'This is not a URL.');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new OutboundError('refused', `Only http and https can be called, not "${url.protocol}".`);
  if (url.username !== '' || url.password !== '')
    throw new OutboundError('refused', 'A URL must not carry a user name or password.');
  return url;
}

/** The request after a redirect (RFC 9110, section 15.4): GET after 303 and for POST; no credentials to another origin. */
function redirected(request: OutboundRequest, status: number, sameOrigin: boolean): OutboundRequest {
  const { body, ...rest } = request;
  const toGet =
    (status === 303 && request.method !== 'HEAD') || ((status === 301 || status === 302) && request.method === 'POST');
  const dropped = [
    ...(sameOrigin ? [] : ['authorization', 'cookie', 'proxy-authorization']),
    ...(toGet ? ['content-type'] : []),
  ];
  const headers = Object.fromEntries(
    Object.entries(request.headers ?? {}).filter(([name]) => !dropped.includes(name.toLowerCase())),
  );
  return { ...rest, headers, ...(toGet ? { method: 'GET' as const } : body === undefined ? {} : { body }) };
}

/** Headers that shape the exchange itself are ours: given ones could smuggle a second request, or name another host. */
const ownHeaders = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'keep-alive',
]);

function headersOf({ headers = {}, body }: OutboundRequest): Record<string, string | number> {
  const given = Object.entries(headers).filter(([name]) => !ownHeaders.has(name.toLowerCase()));
  return {
    'user-agent': 'Fovea',
    ...Object.fromEntries(given),
    ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
  };
}

/** One request and the headers of its answer. */
async function exchange(
  request: OutboundRequest,
  way: { url: URL; addresses: readonly string[]; signal: AbortSignal },
): Promise<OutboundResponse> {
  const { url, addresses, signal } = way;
  const { promise, resolve, reject } = Promise.withResolvers<OutboundResponse>();
  // The connection goes to the addresses that were checked, whatever the name says by now.
  const lookup: LookupFunction = (_hostname, options, callback) => {
    const found = addresses.map((address) => ({ address, family: isIP(address) }));
    if (options.all) callback(null, found);
    else callback(null, found[0]?.address ?? '', found[0]?.family);
  };
  const send = url.protocol === 'https:' ? https.request : http.request;
  const sent = send(url, { method: request.method ?? 'GET', headers: headersOf(request), lookup, agent: false });
  const abort = () => sent.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  sent.on('error', (error) => {
    reject(
      signal.aborted
        ? (signal.reason as Error)
        : new OutboundError(
            'unreachable',
            `The address cannot be reached (${(error as NodeJS.ErrnoException).code ?? error.message}).`,
          ),
    );
  });
  sent.on('response', (response) => {
    response.setTimeout(idleBodyMs, () =>
      response.destroy(new OutboundError('timeout', `The answer stood still for ${idleBodyMs / 1_000} seconds.`)),
    );
    const headers = Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : (value ?? ''),
      ]),
    );
    // The caller's signal goes on to break off the body; the deadline was for the headers.
    const breakOff = () => response.destroy(request.signal?.reason as Error);
    request.signal?.addEventListener('abort', breakOff);
    response.once('close', () => request.signal?.removeEventListener('abort', breakOff));
    resolve({ status: response.statusCode ?? 0, headers, body: response, url: url.href });
  });
  sent.end(request.body);
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
