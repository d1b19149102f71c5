import type { FileSource } from './files.ts';
import { isMediaPath } from './paths.ts';

/** Lists that our own exports add beside the files of a format, and what people add to be read by people. */
const ownFiles = /^(?:media\.csv|splits\/[^/]+\.txt)$|(^|\/)(readme|license)[^/]*$/i;

/** A source that remembers which files were opened: what a format did not look at, it did not understand. */
export type Watched = {
  source: FileSource;
  /** Says that a file is accounted for, though it was not opened. */
  used(path: string): void;
  /** Files that are not accounted for. */
  unread(): Promise<string[]>;
  /** Whether any file was opened or used. */
  isTouched(): boolean;
  /**
   * How many images there are if those to come take as many bytes of labels as those before; null while nothing can be
   * said.
   */
  estimate(images: number): number | null;
};

/** Watches a source while a format reads from it. */
export async function watchSource(source: FileSource): Promise<Watched> {
  const seen = new Set<string>();
  let [labelBytes, readBytes] = [0, 0];
  for await (const { path, bytes = 0 } of source.list()) if (!isMediaPath(path)) labelBytes += bytes;
  async function* counted(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const part of stream) {
      readBytes += part.length;
      yield part;
    }
  }
  const { slice } = source;
  return {
    source: {
      list: () => source.list(),
      open(path) {
        seen.add(path);
        const stream = source.open(path);
        return stream === undefined || isMediaPath(path) ? stream : counted(stream);
      },
      ...(slice && {
        slice(path: string, from: number, to: number) {
          seen.add(path);
          if (!isMediaPath(path)) readBytes += to - from;
          return slice(path, from, to);
        },
      }),
    },
    used: (path) => void seen.add(path),
    isTouched: () => seen.size > 0,
    estimate: (images) =>
      readBytes === 0 || labelBytes === 0 ? null : Math.round((images * labelBytes) / Math.min(readBytes, labelBytes)),
    async unread() {
      const paths: string[] = [];
      for await (const { path } of source.list()) if (!seen.has(path) && !ownFiles.test(path)) paths.push(path);
      return paths;
    },
  };
}
