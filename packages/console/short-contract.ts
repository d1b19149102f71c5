import type { Plugin } from 'vite';

const text = /(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")/.source;
const described = new RegExp(`\\.describe\\(\\s*${text}\\s*\\)`, 'g');
const explained = new RegExp(`\\b(?:summary|description):\\s*${text},`, 'g');

/** What the contract says to readers of the reference, a twentieth of the first load, is left out of the browser's bundle. */
export function shortContract(): Plugin {
  return {
    name: 'short-contract',
    enforce: 'pre',
    transform: (source, id) => (/\/contract\/src\/[\w-]+\.ts$/.test(id) ? { code: withoutWords(source), map: null } : undefined),
  };
}

/** The source without descriptions of fields and summaries of operations. */
export function withoutWords(source: string): string {
  return source.replaceAll(described, '').replaceAll(explained, '');
}
