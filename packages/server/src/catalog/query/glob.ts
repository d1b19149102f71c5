/** A glob as a LIKE pattern: `*` any text, `?` one character, everything else itself. */
export function globToLike(glob: string): string {
  return glob.replace(/[\\%_]/g, '\\$&').replace(/\*+/g, '%').replaceAll('?', '_');
}

/**
 * A glob on a path: `*` stays within one folder, `**` crosses folders, and a `**` folder may be empty. Gives the literal start, which an index on the
 * path can use, the bound just past it, and a regular expression without repetition of repetitions; none when the glob is literal.
 */
export function pathGlob(glob: string): { prefix: string; upper: string | undefined; regex: string | undefined } {
  const special = glob.search(/[*?]/);
  if (special === -1) return { prefix: glob, upper: undefined, regex: undefined };
  const prefix = glob.slice(0, special);
  let regex = '^';
  for (const part of glob.split(/(\*\*\/|\*\*+|\*|\?)/)) {
    if (part === '**/') regex += '(.*/)?';
    else if (part.startsWith('**')) regex += '.*';
    else if (part === '*') regex += '[^/]*';
    else if (part === '?') regex += '[^/]';
    else regex += part.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
  }
  return { prefix, upper: successor(prefix), regex: `${regex}$` };
}

/** The least text, by code point, above everything that begins with the prefix; undefined when there is none. */
export function successor(prefix: string): string | undefined {
  const points = Array.from(prefix);
  while (points.length > 0) {
    const last = points.pop()?.codePointAt(0) ?? 0;
    // Surrogates are no characters of their own; U+E000 is the next one that PostgreSQL can store.
    const next = last + 1 === 0xd800 ? 0xe000 : last + 1;
    if (next <= 0x10ffff) return points.join('') + String.fromCodePoint(next);
  }
  return undefined;
}
