import { dictionaryLines, repeatingLines } from './dictionary-data.ts';

/** What PS3.6 says of an attribute. */
export interface DictionaryEntry {
  /** Value representation; ambiguous ones are settled as `US` and `OW`, see `ambiguous`. */
  readonly vr: string;
  readonly keyword: string;
  /** `US or SS`: Pixel Representation (0028,0103) decides. */
  readonly ambiguous: boolean;
}

let entries: Map<number, DictionaryEntry> | undefined;
let keywords: Map<string, number> | undefined;
let repeating: { mask: number; value: number; entry: DictionaryEntry }[] | undefined;

function entryOf(packedVr: string, keyword: string): DictionaryEntry {
  const vr = packedVr === 'XS' ? 'US' : packedVr === 'OX' ? 'OW' : packedVr;
  return { vr, keyword, ambiguous: packedVr === 'XS' };
}

function load(): Map<number, DictionaryEntry> {
  if (entries !== undefined) return entries;
  entries = new Map();
  keywords = new Map();
  for (const line of dictionaryLines.trim().split('\n')) {
    const group = Number.parseInt(line.slice(0, 4), 16);
    for (const packed of line.slice(5).split(' ')) {
      const tag = ((group << 16) | Number.parseInt(packed.slice(0, 4), 16)) >>> 0;
      const entry = entryOf(packed.slice(4, 6), packed.slice(6));
      entries.set(tag, entry);
      keywords.set(entry.keyword, tag);
    }
  }
  return entries;
}

function loadRepeating(): NonNullable<typeof repeating> {
  repeating ??= repeatingLines
    .trim()
    .split(' ')
    .map((packed) => {
      const pattern = packed.slice(0, 8);
      return {
        mask: Number.parseInt(pattern.replace(/[^x]/g, 'F').replace(/x/g, '0'), 16) >>> 0,
        value: Number.parseInt(pattern.replace(/x/g, '0'), 16) >>> 0,
        entry: entryOf(packed.slice(8, 10), packed.slice(10)),
      };
    });
  return repeating;
}

const groupLength: DictionaryEntry = { vr: 'UL', keyword: 'GroupLength', ambiguous: false };
const privateCreator: DictionaryEntry = { vr: 'LO', keyword: 'PrivateCreator', ambiguous: false };

/** Looks an attribute up; undefined for private and unknown ones (but private creators are known). */
export function lookUpTag(tag: number): DictionaryEntry | undefined {
  const known = load().get(tag);
  if (known !== undefined) return known;
  const element = tag & 0xffff;
  if (element === 0) return groupLength;
  if (isPrivateTag(tag)) return element >= 0x10 && element <= 0xff ? privateCreator : undefined;
  for (const { mask, value, entry } of loadRepeating()) if ((tag & mask) >>> 0 === value) return entry;
  return undefined;
}

/** The tag of a keyword such as `PatientName`. */
export function tagOfKeyword(keyword: string): number | undefined {
  load();
  return keywords?.get(keyword);
}

/** Odd groups are private (PS3.5 section 7.8). */
export function isPrivateTag(tag: number): boolean {
  return ((tag >>> 16) & 1) === 1;
}

/** `00100010`, the form of the DICOM JSON model. */
export function tagHex(tag: number): string {
  return tag.toString(16).toUpperCase().padStart(8, '0');
}

/** `(0010,0010)`, the form people read. */
export function tagText(tag: number): string {
  const hex = tagHex(tag);
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
}
