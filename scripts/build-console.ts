// Builds the console when its sources, or those it uses, are newer than the last build.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(import.meta.dirname, '..');
const consoleDir = join(root, 'packages', 'console');
const stampFile = join(consoleDir, 'dist', '.sources');

/** Digest of names, sizes and times of everything that the build reads. */
function digest(): string {
  const hash = createHash('sha256');
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (['node_modules', 'dist', 'test'].includes(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else hash.update(path).update(String(statSync(path).size)).update(readFileSync(path));
    }
  };
  for (const name of ['console', 'editor', 'sdk', 'contract', 'geometry']) visit(join(root, 'packages', name));
  return hash.digest('hex');
}

/** Builds if needed; true when it built. */
export async function buildConsole(): Promise<boolean> {
  const now = digest();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === now) return false;
  console.error('Building the console …');
  const { build } = await import('vite');
  await build({ root: consoleDir, configFile: join(consoleDir, 'vite.config.ts'), logLevel: 'error' });
  writeFileSync(stampFile, now);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildConsole();
