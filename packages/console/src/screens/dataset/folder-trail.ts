/** A folder and those above it, outermost first: `/a/b` → `/a`, `/a/b`. */
export function folderTrail(folder: string): { path: string; name: string }[] {
  const names = folder.split('/').filter(Boolean);
  return names.map((name, index) => ({ name, path: `/${names.slice(0, index + 1).join('/')}` }));
}
