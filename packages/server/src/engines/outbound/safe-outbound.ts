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
}

const systemResolve = async (hostname: string): Promise<string[]> => (await dnsLookup(hostname, { all: true, verbatim: true })).map((found) => found.address);

/** Calls to addresses that users name; see {@link Outbound} for what is refused. */
export function safeOutbound(options: OutboundOptions): Outbound {
  const resolve = options.resolve ?? systemResolve;

  /** The addresses of a URL's host, all of them checked. One bad address refuses the name: which one is used is not ours to bet on. */
  async function addressesOf(url: URL): Promise<string[]> {
    const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
    let addresses: string[];
    try {
      addresses = isIP(host) ? [host] : await resolve(host);
    } catch {
      throw new OutboundError('unreachable', `The name "${host}" cannot be resolved.`);
    }
    if (addresses.length === 0) throw new OutboundError('unreachable', `The name "${host}" has no address.`);
    if (!options.allowPrivateNetwork && !addresses.every(isPublicAddress)) {
      throw new OutboundError('refused', `The address of "${host}" is not public; private networks are allowed by FOVEA_ALLOW_PRIVATE_NETWORK.`);
    }
    return addresses;
  }

  async function once(request: OutboundRequest, url: URL): Promise<OutboundResponse> {
    const addresses = await addressesOf(url);
    return exchange(request, url, addresses);
  }

  return {
    async check(text) {
      await addressesOf(parseUrl(text));
    },
    async request(request) {
      let url = parseUrl(request.url);
      let current = request;
      for (let redirects = 0; ; redirects++) {
        const response = await once(current, url);
        const location = response.headers['location'];
        if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined || (request.maxRedirects ?? 0) === 0) return response;
        response.body.destroy();
        if (redirects >= (request.maxRedirects ?? 0)) throw new OutboundError('too_many_redirects', `The address redirects more than ${request.maxRedirects} times.`);
        const next = parseUrl(new URL(location, url).href);
        current = redirected(current, response.status, next.origin === url.origin);
        url = next;
      }
    },
  };
}

function parseUrl(text: string): URL {
  let url: URL;
  try {
    // The URL standard turns decimal, octal and hexadecimal spellings of IPv4 into the usual one.
    url = new URL(text);
  } catch {
    throw new OutboundError('refused', 'This is not a URL.');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new OutboundError('refused', `Only http and https can be called, not "${url.protocol}".`);
  if (url.username !== '' || url.password !== '') throw new OutboundError('refused', 'A URL must not carry a user name or password.');
  return url;
}

/** The request after a redirect (RFC 9110, section 15.4): GET after 303 and for POST; no credentials to another origin. */
function redirected(request: OutboundRequest, status: number, sameOrigin: boolean): OutboundRequest {
  const toGet = status === 303 || ((status === 301 || status === 302) && request.method === 'POST');
  const { body, ...rest } = request;
  const headers = sameOrigin
    ? request.headers
    : Object.fromEntries(Object.entries(request.headers ?? {}).filter(([name]) => !/^(authorization|cookie|proxy-authorization)$/i.test(name)));
  return { ...rest, ...(headers ? { headers } : {}), ...(toGet ? { method: 'GET' as const } : body === undefined ? {} : { body }) };
}

function exchange(request: OutboundRequest, url: URL, addresses: readonly string[]): Promise<OutboundResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<OutboundResponse>();
  // The connection goes to the addresses that were checked, whatever the name says by now.
  const lookup: LookupFunction = (_hostname, options, callback) => {
    const found = addresses.map((address) => ({ address, family: isIP(address) }));
    if (options.all) callback(null, found);
    else callback(null, found[0]?.address ?? '', found[0]?.family);
  };
  const timeoutMs = request.timeoutMs ?? 10_000;
  const client = url.protocol === 'https:' ? https : http;
  const sent = client.request(
    url,
    {
      method: request.method ?? 'GET',
      headers: { 'user-agent': 'Fovea', ...request.headers, ...(request.body === undefined ? {} : { 'content-length': Buffer.byteLength(request.body) }) },
      lookup,
      agent: false,
      ...(request.signal ? { signal: request.signal } : {}),
    },
    (response) => {
      clearTimeout(timer);
      const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]));
      resolve({ status: response.statusCode ?? 0, headers, body: response, url: url.href });
    },
  );
  const timer = setTimeout(() => sent.destroy(new OutboundError('timeout', `No answer came within ${timeoutMs / 1_000} seconds.`)), timeoutMs);
  sent.on('error', (error) => {
    clearTimeout(timer);
    reject(error instanceof OutboundError ? error : new OutboundError('unreachable', `The address cannot be reached (${(error as NodeJS.ErrnoException).code ?? error.message}).`));
  });
  sent.end(request.body);
  return promise;
}
