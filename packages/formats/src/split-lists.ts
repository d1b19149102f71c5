import type { LabelledItem } from './dataset.ts';
import { type FileSource, readLines } from './files.ts';

/** Where formats put media, below which lists name them. */
const mediaFolders = ['', 'images/', 'media/', 'data/', 'JPEGImages/'];

/** The parts of items by path, out of lists such as `splits/train.txt`, as our own exports have them beside a format. */
export async function splitLists(source: FileSource): Promise<Map<string, string>> {
  const splits = new Map<string, string>();
  for await (const { path } of source.list()) {
    const split = /^(?:[^/]+\/)?splits\/([^/]+)\.txt$/.exec(path)?.[1];
    if (split !== undefined)
      for await (const line of readLines(source, path)) if (line !== '') splits.set(line, split);
  }
  return splits;
}

/** Items with the parts that lists give them, where their format gives them none. */
export async function* withSplits(
  items: AsyncIterable<LabelledItem>,
  splits: ReadonlyMap<string, string>,
): AsyncGenerator<LabelledItem> {
  for await (const item of items) {
    const split = item.split ?? splits.get(item.file ?? '') ?? listed(splits, item.path);
    yield split === undefined ? item : { ...item, split };
  }
}

/** Lists name media where they lie in the archive; without them, by the end of the path. */
function listed(splits: ReadonlyMap<string, string>, path: string): string | undefined {
  if (splits.size === 0) return undefined;
  for (const folder of mediaFolders) {
    const split = splits.get(`${folder}${path}`);
    if (split !== undefined) return split;
  }
  return undefined;
}
