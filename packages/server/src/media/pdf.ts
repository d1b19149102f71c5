import { readFile, stat } from 'node:fs/promises';
import { inflateSync } from 'node:zlib';
import type { MediaFacts } from './describe.ts';

const maxBytes = 256 * 1024 ** 2;
const maxStreamBytes = 16 * 1024 ** 2;
const maxStreams = 5_000;

/**
 * Counts the pages of a PDF file (ISO 32000-1): by the linearisation dictionary (annex F.3.3), else by the largest page tree
 * node (7.7.3.2), which newer files keep inside compressed object streams (7.5.7). Unknown for encrypted files.
 */
export async function describePdf(path: string): Promise<Partial<MediaFacts>> {
  const { size } = await stat(path);
  if (size > maxBytes) return {};
  const bytes = await readFile(path);
  if (bytes.lastIndexOf('%%EOF') < 0) return { problem: 'The PDF file is cut off: it has no end mark.' };
  const text = bytes.toString('latin1');
  const linear = /\/Linearized[^>]{0,200}\/N\s+(\d+)/.exec(text.slice(0, 2048))?.[1];
  if (linear !== undefined) return { pages: Number(linear) };
  const counts = pageCounts(text);
  for (const stream of objectStreams(bytes, text)) counts.push(...pageCounts(stream));
  return counts.length === 0 ? {} : { pages: Math.max(...counts) };
}

/** `/Count` of every page tree node; the root has the largest. */
function pageCounts(text: string): number[] {
  const counts: number[] = [];
  for (const found of text.matchAll(/\/Type\s*\/Pages\b/g)) {
    // The dictionary around it: nodes hold no strings, and a list of children is no dictionary.
    const start = Math.max(text.lastIndexOf('<<', found.index), found.index - 100_000, 0);
    const end = Math.min(...['>>', 'endobj'].map((mark) => text.indexOf(mark, found.index)).filter((at) => at >= 0), found.index + 100_000);
    const count = /\/Count\s+(\d{1,7})\b/.exec(text.slice(start, end))?.[1];
    if (count !== undefined) counts.push(Number(count));
  }
  return counts;
}

function* objectStreams(bytes: Buffer, text: string): Generator<string> {
  let seen = 0;
  for (const found of text.matchAll(/\/Type\s*\/ObjStm\b/g)) {
    if (++seen > maxStreams) return;
    const keyword = text.indexOf('stream', found.index);
    if (keyword < 0 || keyword - found.index > 2_000) continue;
    const start = keyword + (text.startsWith('\r\n', keyword + 6) ? 8 : 7);
    const end = text.indexOf('endstream', start);
    if (end < 0) continue;
    try {
      yield inflateSync(bytes.subarray(start, end), { maxOutputLength: maxStreamBytes }).toString('latin1');
    } catch {
      // Encrypted, packed another way, or damaged: its page nodes stay uncounted.
    }
  }
}
