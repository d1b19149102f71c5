/** A folder with those below it. */
export interface FolderNode {
  path: string;
  name: string;
  children: FolderNode[];
}

/** The tree of folders (`/a/b`) and of all that lie above them, each level sorted as people count: a2 before a10. */
export function folderTree(folders: Iterable<string>): FolderNode[] {
  const root: FolderNode = { path: '', name: '', children: [] };
  const known = new Map<string, FolderNode>([['', root]]);
  for (const folder of folders) {
    let above = root;
    for (const [at] of folder.matchAll(/[^/]+/g).map((match) => [match.index + match[0].length] as const)) {
      const path = folder.slice(0, at);
      let node = known.get(path);
      if (!node) {
        node = { path, name: path.slice(above.path.length + 1), children: [] };
        known.set(path, node);
        above.children.push(node);
      }
      above = node;
    }
  }
  const compare = new Intl.Collator('en', { numeric: true }).compare;
  for (const node of known.values()) node.children.sort((a, b) => compare(a.name, b.name));
  return root.children;
}

/** A folder and those above it, outermost first: `/a/b` → `/a`, `/a/b`. */
export function folderTrail(folder: string): { path: string; name: string }[] {
  const names = folder.split('/').filter(Boolean);
  return names.map((name, index) => ({ name, path: `/${names.slice(0, index + 1).join('/')}` }));
}
