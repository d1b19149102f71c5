import type { FileSource } from './files.ts';
import { baseName } from './paths.ts';

/** Paths to be found by their ends, however many there are. */
export class PathIndex {
  /** By the last name, and by the last folder and name: many folders have pictures of the same names. */
  readonly #byEnd = new Map<string, string[]>();
  /** In their order. */
  readonly paths: ReadonlySet<string>;

  constructor(paths: Iterable<string>) {
    this.paths = new Set([...paths].sort());
    for (const path of this.paths) {
      for (const end of new Set([baseName(path), lastTwo(path)])) {
        const list = this.#byEnd.get(end);
        if (list) list.push(path);
        else this.#byEnd.set(end, [path]);
      }
    }
  }

  /** Those of a source that are wanted. */
  static async of(source: FileSource, isWanted: (path: string) => boolean): Promise<PathIndex> {
    const paths: string[] = [];
    for await (const { path } of source.list()) if (isWanted(path)) paths.push(path);
    return new PathIndex(paths);
  }

  /** The path itself, or else the first that lies below a folder under it. */
  find(path: string): string | undefined {
    if (this.paths.has(path)) return path;
    return this.#byEnd.get(lastTwo(path))?.find((candidate) => candidate.endsWith(`/${path}`));
  }

  /** The only path with the same name. */
  alone(path: string): string | undefined {
    const [only, ...others] = this.#byEnd.get(baseName(path)) ?? [];
    return others.length === 0 ? only : undefined;
  }
}

function lastTwo(path: string): string {
  return path.split('/').slice(-2).join('/');
}
