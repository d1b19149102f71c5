import type { Folder } from '../../catalog/folders/store.ts';
import { toWireId } from './ids.ts';

interface Node {
  value: { id: string; name: string; dir: string; filename: string; metadata: { system: Record<string, never> } };
  children: Node[];
}

/** The folders of a dataset as a tree, which begins with `/`. */
export function directoryTree(folders: readonly Folder[]): Node {
  const node = (id: string, path: string): Node => {
    const slash = path.lastIndexOf('/');
    return { value: { id, name: path.slice(slash + 1), dir: slash <= 0 ? '/' : path.slice(0, slash), filename: path, metadata: { system: {} } }, children: [] };
  };
  const root = node('', '/');
  const byPath = new Map<string, Node>([['/', root]]);
  for (const folder of folders.toSorted((a, b) => a.path.split('/').length - b.path.split('/').length)) {
    const made = node(toWireId(folder.id), folder.path);
    byPath.set(folder.path, made);
    (byPath.get(made.value.dir) ?? root).children.push(made);
  }
  return root;
}
