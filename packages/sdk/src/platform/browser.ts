import { FoveaError } from '../errors.ts';
import type { Platform } from './platform.ts';

/** Browsers: files come as File or Blob, and XMLHttpRequest tells the progress of an upload. */
export const platform: Platform = {
  openPath: () => Promise.reject(noDisk()),
  readSmall: () => Promise.reject(noDisk()),
  isFolder: () => Promise.reject(noDisk()),
  filesIn: () => {
    throw noDisk();
  },
  save: () => Promise.reject(noDisk()),
  async body(source) {
    // Streams are gathered first: browsers send streams over HTTP/2 only. Large Blobs lie on disk.
    const content = source.whole ?? (await new Response(streamOf(source.read())).blob());
    return { content: content as BodyInit };
  },
  ...(typeof XMLHttpRequest === 'undefined' ? {} : { fetchWithProgress: (onSent) => (url, init) => fetchByXhr(url as string, init ?? {}, onSent) }),
};

function noDisk(): FoveaError {
  return new FoveaError('There are no paths in a browser: pass a File or Blob.');
}

function streamOf(chunks: AsyncIterable<Uint8Array>): ReadableStream {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

/** The part of fetch that uploads need, by XMLHttpRequest. */
function fetchByXhr(url: string, init: RequestInit, onSent: (bytes: number) => void): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open(init.method ?? 'GET', url);
    request.responseType = 'arraybuffer';
    for (const [name, value] of new Headers(init.headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener('progress', (event) => onSent(event.loaded));
    request.addEventListener('loadend', () => init.signal?.removeEventListener('abort', abort));
    request.addEventListener('load', () => resolve(responseOf(request)));
    request.addEventListener('error', () => reject(new TypeError('the connection was refused or broke off')));
    request.addEventListener('abort', () => reject(new DOMException('The request was aborted.', 'AbortError')));
    init.signal?.addEventListener('abort', abort, { once: true });
    request.send(init.body as XMLHttpRequestBodyInit);
  });
}

function responseOf(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const line of request.getAllResponseHeaders().trim().split(/[\r\n]+/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const empty = [204, 205, 304].includes(request.status);
  return new Response(empty ? null : (request.response as ArrayBuffer), { status: request.status, statusText: request.statusText, headers });
}
