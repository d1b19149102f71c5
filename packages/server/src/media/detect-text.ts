import type { DetectedMedia } from './detect.ts';

const is = (mediaType: string, kind: DetectedMedia['kind'] = 'text'): DetectedMedia => ({ mediaType, kind });

const byEnding: Record<string, string> = {
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  md: 'text/markdown',
  markdown: 'text/markdown',
  yaml: 'application/yaml',
  yml: 'application/yaml',
};

/**
 * Which kind of text the bytes are, undefined when they are none (not UTF-8, or with control characters).
 * @param isWhole whether the bytes are the whole file; else a character cut off at the end is forgiven
 */
export function detectText(bytes: Buffer, name: string, isWhole: boolean): DetectedMedia | undefined {
  const decoded = decodeUtf8(bytes, isWhole);
  if (decoded === undefined || /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(decoded)) return undefined;
  const content = decoded.replace(/^\ufeff/, '').trimStart();
  if (content.startsWith('<')) {
    const markup = detectMarkup(content);
    if (markup) return markup;
  }
  const ending = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  return detectJson(content, isWhole) ?? is(byEnding[ending] ?? 'text/plain');
}

/** SVG, HTML or XML by the first element, after any comments, processing instructions and document type. */
function detectMarkup(content: string): DetectedMedia | undefined {
  let at = 0;
  let isXml = false;
  while (at < content.length) {
    const rest = content.slice(at, at + 64).toLowerCase();
    if (/^<!doctype html[\s>]/.test(rest)) return is('text/html');
    if (/^<!doctype svg[\s>]/.test(rest)) return is('image/svg+xml', 'other');
    const close = rest.startsWith('<?') ? '?>' : rest.startsWith('<!--') ? '-->' : rest.startsWith('<!doctype') ? '>' : undefined;
    if (close === undefined) {
      const element = /^<([a-z][\w.:-]*)/.exec(rest)?.[1];
      if (element === 'svg' || element?.endsWith(':svg')) return is('image/svg+xml', 'other');
      if (element !== undefined && /^(html|head|body|script|iframe|title|meta|link|style|div|p|table|h1)$/.test(element)) return is('text/html');
      return isXml ? is('application/xml') : undefined;
    }
    isXml ||= rest.startsWith('<?xml') || rest.startsWith('<!doctype');
    const end = content.indexOf(close, at);
    if (end < 0) return isXml ? is('application/xml') : undefined;
    at = end + close.length;
    while (/\s/.test(content[at] ?? '')) at++;
  }
  return isXml ? is('application/xml') : undefined;
}

/** JSON, or one JSON object on each line; of a file that goes on only the beginning can be judged. */
function detectJson(content: string, isWhole: boolean): DetectedMedia | undefined {
  if (!/^(\{\s*["}]|\[\s*[[{"\d\-tfn\]])/.test(content)) return undefined;
  if (isWhole && parses(content)) return is('application/json');
  const [first = ''] = content.split('\n', 1);
  if (first.length < content.length && first.startsWith('{') && parses(first)) return is('application/x-ndjson');
  return isWhole ? undefined : is('application/json');
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function decodeUtf8(bytes: Buffer, isWhole: boolean): string | undefined {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return decoder.decode(bytes, { stream: !isWhole });
  } catch {
    return undefined;
  }
}
