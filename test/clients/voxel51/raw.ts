import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

/** An answer as it came over the wire. */
export interface RawAnswer {
  status: number;
  headers: Map<string, string>;
  bytes: Buffer;
  json: any;
}

/** A request as a client writes it: the line, the headers in their order and letters, the body. */
export interface RawRequest {
  line: string;
  headers: readonly (readonly [string, string])[];
  body?: Buffer | string | undefined;
}

/** Sends the very bytes on a connection of their own, as the client does, and reads to its end. */
export function sendRaw(url: string, { line, headers, body = '' }: RawRequest): Promise<RawAnswer> {
  const { hostname, port, host } = new URL(url);
  const head = [`${line} HTTP/1.1`, `Host: ${host}`, ...headers.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const socket = connect(Number(port), hostname);
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  socket.once('error', reject);
  socket.once('close', () => resolve(parse(Buffer.concat(parts))));
  socket.write(Buffer.concat([Buffer.from(head), Buffer.from(body)]));
  return promise;
}

function parse(all: Buffer): RawAnswer {
  const end = all.indexOf('\r\n\r\n');
  const [first = '', ...lines] = all.subarray(0, end).toString('latin1').split('\r\n');
  const headers = new Map(lines.map((one) => [one.slice(0, one.indexOf(':')).toLowerCase(), one.slice(one.indexOf(':') + 1).trim()]));
  const rest = all.subarray(end + 4);
  const bytes = headers.get('transfer-encoding') === 'chunked' ? unchunk(rest) : rest;
  const isJson = /json/.test(headers.get('content-type') ?? '');
  return { status: Number(first.split(' ')[1]), headers, bytes, json: isJson ? JSON.parse(bytes.toString('utf8')) : undefined };
}

function unchunk(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.subarray(at, end).toString('latin1'), 16);
    if (size === 0) break;
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(parts);
}

/** The headers of the Python client's HTTP library, and of the JavaScript one's. */
export const python = [['User-Agent', 'python-requests/2.20.0'], ['Accept-Encoding', 'identity'], ['Accept', '*/*'], ['Connection', 'close']] as const;
export const javascript = [['Accept', 'application/json'], ['Connection', 'close']] as const;

/** A multipart body as the Python client's library streams it: parts with a disposition and, for the file, a type; the file first. */
export function multipart(file: { name: string; type: string; bytes: Buffer | string }, fields: readonly (readonly [string, string])[] = []): { type: string; body: Buffer } {
  const boundary = randomBytes(16).toString('hex');
  const open = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${file.name.replaceAll('"', '%22')}"\r\nContent-Type: ${file.type}\r\n\r\n`;
  const rest = fields.map(([name, value]) => `\r\n--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}`).join('');
  return { type: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat([Buffer.from(open), Buffer.from(file.bytes), Buffer.from(`${rest}\r\n--${boundary}--\r\n`)]) };
}
