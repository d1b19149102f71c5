import type { Format, Sniff } from './dataset.ts';
import { decodeText, type FileSource, listPaths, readHead } from './files.ts';
import { formats } from './formats.ts';
import { asUtf8 } from './utf8-source.ts';

/** How much of a file formats look at. */
const headBytes = 64 * 1024;

/** How well a format fits files, from 0 to 1. */
export type Guess = { format: Format; score: number };

/** The formats that files may be in, the likeliest first; none when no format knows them. */
export async function guessFormats(source: FileSource): Promise<Guess[]> {
  const heads = new Map<string, string>();
  const texts = asUtf8(source);
  const files: Sniff = {
    paths: await listPaths(source),
    async head(path) {
      const known = heads.get(path) ?? decodeText(await readHead(texts, path, headBytes));
      heads.set(path, known);
      return known;
    },
  };
  const guesses: Guess[] = [];
  for (const format of formats) {
    const score = format.read ? await format.detect(files) : 0;
    if (score > 0) guesses.push({ format, score });
  }
  return guesses.sort((a, b) => b.score - a.score);
}

/** The format that files are most likely in; undefined when no format knows them. */
export async function detectFormat(source: FileSource): Promise<Format | undefined> {
  const [best] = await guessFormats(source);
  return best?.format;
}

/** The format of a name, as in `--format coco`; undefined when there is none. */
export function formatNamed(name: string): Format | undefined {
  return formats.find((format) => format.name === name);
}
