/**
 * Character sets of DICOM text (PS3.3 section C.12.1.1.2, PS3.5 section 6.1). The tables behind them are those of
 * the WHATWG encodings that every JavaScript runtime carries; code extension by ISO 2022 escapes is ours.
 */

type Repertoire = 'ascii' | 'latin1' | 'katakana' | 'jisx0208' | 'jisx0212' | 'ksx1001' | 'gb2312' | `label:${string}`;

/** Defined terms without the `ISO_IR ` or `ISO 2022 IR ` in front, and the set they put into G1 (GR). */
const singleByte: Record<string, Repertoire> = {
  '6': 'ascii',
  '100': 'latin1',
  '101': 'label:iso-8859-2',
  '109': 'label:iso-8859-3',
  '110': 'label:iso-8859-4',
  '144': 'label:iso-8859-5',
  '127': 'label:iso-8859-6',
  '126': 'label:iso-8859-7',
  '138': 'label:iso-8859-8',
  '148': 'label:windows-1254',
  '203': 'label:iso-8859-15',
  '13': 'katakana',
  '166': 'label:windows-874',
  // Only reachable by escapes; as a first value they leave the default repertoire in place.
  '87': 'ascii',
  '159': 'ascii',
  '149': 'ascii',
  '58': 'ascii',
};

/** Whole-text encodings, not combinable with code extensions. */
const whole: Record<string, string> = { 'ISO_IR 192': 'utf-8', GB18030: 'gb18030', GBK: 'gbk' };

/** Escape sequences after ESC, PS3.3 tables C.12-3 and C.12-4. */
const escapes: Record<string, { to: 'G0' | 'G1'; set: Repertoire }> = {
  '(B': { to: 'G0', set: 'ascii' },
  '(J': { to: 'G0', set: 'ascii' },
  ')I': { to: 'G1', set: 'katakana' },
  '-A': { to: 'G1', set: 'latin1' },
  '-B': { to: 'G1', set: 'label:iso-8859-2' },
  '-C': { to: 'G1', set: 'label:iso-8859-3' },
  '-D': { to: 'G1', set: 'label:iso-8859-4' },
  '-L': { to: 'G1', set: 'label:iso-8859-5' },
  '-G': { to: 'G1', set: 'label:iso-8859-6' },
  '-F': { to: 'G1', set: 'label:iso-8859-7' },
  '-H': { to: 'G1', set: 'label:iso-8859-8' },
  '-M': { to: 'G1', set: 'label:windows-1254' },
  '-b': { to: 'G1', set: 'label:iso-8859-15' },
  '-T': { to: 'G1', set: 'label:windows-874' },
  '$B': { to: 'G0', set: 'jisx0208' },
  '$@': { to: 'G0', set: 'jisx0208' },
  '$(D': { to: 'G0', set: 'jisx0212' },
  '$)C': { to: 'G1', set: 'ksx1001' },
  '$)A': { to: 'G1', set: 'gb2312' },
};

const decoders = new Map<string, TextDecoder>();
function decodeLabel(label: string, bytes: Uint8Array): string {
  let decoder = decoders.get(label);
  if (decoder === undefined) decoders.set(label, (decoder = new TextDecoder(label)));
  return decoder.decode(bytes);
}

/** One character per byte: ASCII and ISO 8859-1. */
export function latin1(bytes: Uint8Array, start = 0, end = bytes.length): string {
  if (end - start > 64) return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
  // In one go: a text put together letter by letter is a tree that is flattened when it is first looked at.
  return String.fromCharCode.apply(null, bytes.subarray(start, end) as unknown as number[]);
}

function decodeRun(set: Repertoire, run: Uint8Array): string {
  switch (set) {
    case 'ascii':
    case 'latin1':
      return latin1(run);
    case 'katakana': // JIS X 0201: half-width katakana U+FF61…U+FF9F at A1…DF
      return Array.from(run, (byte) =>
        byte >= 0xa1 && byte <= 0xdf ? String.fromCharCode(byte + 0xfec0) : byte < 0x80 ? String.fromCharCode(byte) : '\ufffd',
      ).join('');
    case 'jisx0208':
      return decodeLabel('euc-jp', run.map((byte) => byte | 0x80));
    case 'jisx0212': {
      const euc = new Uint8Array((run.length >> 1) * 3);
      for (let pair = 0; pair < run.length >> 1; pair++) {
        euc.set([0x8f, (run[pair * 2] ?? 0) | 0x80, (run[pair * 2 + 1] ?? 0) | 0x80], pair * 3);
      }
      return decodeLabel('euc-jp', euc);
    }
    case 'ksx1001':
      return decodeLabel('euc-kr', run);
    case 'gb2312':
      return decodeLabel('gbk', run);
    default:
      return decodeLabel(set.slice('label:'.length), run);
  }
}

function isDoubleG0(set: Repertoire): boolean {
  return set === 'jisx0208' || set === 'jisx0212';
}

/** Delimiters at which the designations fall back to those of the first value (PS3.5 section 6.1.2.5.3). */
function isReset(byte: number, inName: boolean): boolean {
  return byte === 0x5c || (byte >= 0x09 && byte <= 0x0d) || (inName && (byte === 0x5e || byte === 0x3d));
}

function readEscape(bytes: Uint8Array, at: number): { length: number; key: string } {
  const two = latin1(bytes, at + 1, Math.min(at + 3, bytes.length));
  if (two in escapes) return { length: 3, key: two };
  const three = latin1(bytes, at + 1, Math.min(at + 4, bytes.length));
  return { length: three in escapes ? 4 : 1, key: three };
}

function decodeIso2022(bytes: Uint8Array, initialG1: Repertoire, inName: boolean): string {
  let g0: Repertoire = 'ascii';
  let g1 = initialG1;
  let text = '';
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte === 0x1b) {
      const { length, key } = readEscape(bytes, at);
      const escape = escapes[key];
      if (escape?.to === 'G0') g0 = escape.set;
      else if (escape !== undefined) g1 = escape.set;
      else text += '\ufffd';
      at += length;
      continue;
    }
    const start = at;
    if (byte < 0x80 && isDoubleG0(g0) && byte > 0x20) {
      while (at + 1 < bytes.length && (bytes[at] ?? 0) > 0x20 && (bytes[at] ?? 0) < 0x80) at += 2;
      if (at === start) at = bytes.length;
      text += decodeRun(g0, bytes.subarray(start, at));
    } else if (byte < 0x80) {
      text += String.fromCharCode(byte);
      at += 1;
      if (isReset(byte, inName)) [g0, g1] = ['ascii', initialG1];
    } else {
      while (at < bytes.length && (bytes[at] ?? 0) >= 0x80) at += 1;
      text += decodeRun(g1, bytes.subarray(start, at));
    }
  }
  return text;
}

/** Turns bytes of a localized value into text. `inName` is true for person names, where `^` and `=` delimit too. */
export type TextDecoding = (bytes: Uint8Array, inName: boolean) => string;

const decodeLatin1: TextDecoding = (bytes) => latin1(bytes);
const known = new Map<string, TextDecoding>();

function normalizeTerm(term: string): string {
  // Seen in the wild: ISO-IR 100, ISO_IR_100, ISO IR 100, ISO2022 IR 87, utf8.
  const upper = term.trim().toUpperCase().replace(/[\s_-]+/g, ' ');
  const iso = /^ISO ?(2022 )?(?:IR )?(\d+)$/.exec(upper);
  if (iso !== null) return `ISO_IR ${iso[2]}`;
  if (upper === 'UTF8' || upper === 'UTF 8') return 'ISO_IR 192';
  const latin = /^ISO 8859 ?1$/.exec(upper);
  return latin === null ? upper : 'ISO_IR 100';
}

/**
 * The decoding for a Specific Character Set. Without one, the default repertoire is ASCII; bytes above it are
 * read as UTF-8 where they form it, else as Latin-1, which is what most such files turn out to hold.
 */
export function textDecoding(terms: readonly string[]): TextDecoding {
  const key = terms.join('\\');
  const cached = known.get(key);
  if (cached !== undefined) return cached;
  const decoding = makeDecoding(terms.map(normalizeTerm));
  if (known.size < 256) known.set(key, decoding);
  return decoding;
}

function makeDecoding(terms: readonly string[]): TextDecoding {
  for (const term of terms) {
    const label = whole[term];
    if (label !== undefined) return (bytes) => decodeLabel(label, bytes);
  }
  const first = (terms[0] ?? '').replace('ISO_IR ', '');
  if (first === '' && terms.length <= 1) return guess;
  if (first === '100' && terms.length === 1) return decodeLatin1;
  const initialG1 = singleByte[first] ?? 'latin1';
  return (bytes, inName) => decodeIso2022(bytes, initialG1, inName);
}

function isAscii(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if ((bytes[at] ?? 0) >= 0x80) return false;
  return true;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });
function guess(bytes: Uint8Array): string {
  if (isAscii(bytes)) return latin1(bytes);
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return latin1(bytes);
  }
}
