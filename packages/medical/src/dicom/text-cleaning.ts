import type { DataSet } from './dataset.ts';
import { nestedItems } from './nested-items.ts';
import type { Rules } from './deidentify-rules.ts';
import { lookUpTag } from './dictionary.ts';

/** Takes identifying words out of free text. */
export interface TextCleaner {
  clean(text: string): string;
}

/**
 * Patterns that identify whatever the file says: mail addresses, web addresses, dates in common forms, times of day,
 * numbers of five or more digits (record and telephone numbers), and names after a title.
 */
const patterns: readonly RegExp[] = [
  /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g,
  /\b(?:https?:\/\/|www\.)\S+/gi,
  /\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b/g,
  /\b\d{1,2}\.?\s?(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-zäé]*\.?,?\s?\d{2,4}\b/gi,
  /\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s\d{1,2},?\s\d{2,4}\b/gi,
  /\b\d{1,2}:\d{2}(?::\d{2})?\b/g,
  /\+?\d[\d\s()/-]{6,}\d/g,
  /\d{5,}/g,
  /\b(?:dr|doctor|prof|mr|mrs|ms|miss|herr|frau|mme|sr|sra|nurse)\b\.?\s+(?:[A-Z][\w'’-]*\.?\s*){1,3}/gi,
];

const sources = new Set(['PN', 'LO', 'SH', 'ST', 'LT', 'UT', 'AE', 'UC']);
/** Too common to be names: they would take the sense out of every description. */
const common = new Set(['the', 'and', 'for', 'with', 'left', 'right', 'head', 'chest', 'hospital', 'scan', 'study', 'series', 'mri', 'none', 'unknown']);
const maxSourceCharacters = 200;

/** Learns the words to take out from every attribute of the file that the rules do away with. */
export function textCleaner(dataSet: DataSet, rules: Rules): TextCleaner {
  const words = new Set<string>();
  collect(dataSet, rules, words);
  const escaped = [...words].sort((a, b) => b.length - a.length).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const known = escaped.length === 0 ? undefined : new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped.join('|')})(?![\\p{L}\\p{N}])`, 'giu');
  return {
    clean(text) {
      let cleaned = known === undefined ? text : text.replace(known, '');
      for (const pattern of patterns) cleaned = cleaned.replace(pattern, '');
      return cleaned.replace(/[ \t]{2,}/g, ' ').trim();
    },
  };
}

function collect(dataSet: DataSet, rules: Rules, words: Set<string>): void {
  for (const element of dataSet.elements) {
    const items = nestedItems(dataSet, element);
    if (items !== undefined) {
      for (const item of items) collect(item, rules, words);
      continue;
    }
    const vr = lookUpTag(element.tag)?.vr ?? element.vr;
    const action = rules.actionOf(element.tag);
    if (!sources.has(vr) || action === undefined || action === 'keep' || action === 'clean') continue;
    if (element.valueLength === 0 || element.valueLength > 4 * maxSourceCharacters || words.size > 5000) continue;
    addWords(dataSet.decodeText(element).slice(0, maxSourceCharacters), words);
  }
}

function addWords(text: string, words: Set<string>): void {
  const whole = text.trim();
  if (whole.length >= 3 && whole.length <= 64) words.add(whole);
  for (const word of whole.split(/[\s^=,;:\\/()]+/)) if (word.length >= 3 && !common.has(word.toLowerCase())) words.add(word);
}
