import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError } from './config-error.ts';

/**
 * Makes a folder with those above it, one by one: Node's own recursive way goes round for ever where the system says that a parent is
 * missing although it is there (below `/proc`). @param setting what the folder was named by. Throws {@link ConfigError}.
 */
export function makeFolder(path: string, setting: string): void {
  try {
    if (isFolder(path, setting)) return;
    if (dirname(path) !== path) makeFolder(dirname(path), setting);
    mkdirSync(path);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    // Another process of this installation made it at the same moment.
    if (code === 'EEXIST') return;
    throw new ConfigError(`${setting}: the folder ${path} cannot be made (${code}); choose another one.`, { cause: error });
  }
}

function isFolder(path: string, setting: string): boolean {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts && !facts.isDirectory()) throw new ConfigError(`${setting}: ${path} is a file; it must be a folder.`);
  return facts !== undefined;
}
