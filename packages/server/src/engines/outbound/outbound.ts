import type { Readable } from 'node:stream';

export interface OutboundRequest {
  url: string;
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** For the whole exchange up to the headers of the answer; default 10,000. */
  timeoutMs?: number;
  /** How many redirects are followed, each checked anew; default 0. */
  maxRedirects?: number;
  signal?: AbortSignal;
}

export interface OutboundResponse {
  status: number;
  headers: Record<string, string>;
  /** The body; must be read or destroyed. */
  body: Readable;
  /** Where it came from at last, after redirects. */
  url: string;
}

/**
 * Calls to addresses that users name (URL import, webhooks, HTTP runners). A name is resolved once, every address it has is
 * checked, and the connection goes to a checked address only. Refuses anything but http and https, credentials in the URL, and,
 * unless private networks are allowed, every address that is not public (loopback, private, link-local, shared, multicast,
 * reserved, IPv4 in IPv6 forms, decimal and octal spellings).
 */
export interface Outbound {
  request(request: OutboundRequest): Promise<OutboundResponse>;
  /** Throws OutboundError `refused` when the URL could never be called; no connection is made. */
  check(url: string): Promise<void>;
}

export class OutboundError extends Error {
  override name = 'OutboundError';
  readonly code: 'refused' | 'unreachable' | 'timeout' | 'too_many_redirects';
  constructor(code: OutboundError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
