import { existsSync, globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type { Plugin } from 'vite';

const id = 'virtual:mantine.css';
const library = dirname(dirname(createRequire(import.meta.url).resolve('@mantine/core')));

/** Mantine's styles are 38 kB gzipped in whole, half of it for components that the console has not. This gives those that it has. */
export function mantineStyles(sourceDir: string): Plugin {
  return {
    name: 'mantine-styles',
    resolveId: (asked) => (asked === id ? `\0${id}` : undefined),
    load: (asked) => (asked === `\0${id}` ? usedStyles(sourceDir) : undefined),
  };
}

/** The styles of every component that a source file imports, and of those they are made of, in Mantine's order. */
export function usedStyles(sourceDir: string): string {
  const all = readFileSync(join(library, 'styles.css'), 'utf8');
  const parts = [...usedComponents(sourceDir), 'global', 'baseline', 'default-css-variables'].flatMap((name) => {
    const file = join(library, 'styles', `${name}.css`);
    if (!existsSync(file)) return [];
    const css = readFileSync(file, 'utf8').trim();
    const place = all.indexOf(css);
    if (place < 0) throw new Error(`Mantine's styles.css does not hold ${name}.css as it is; its order is not known.`);
    return { css, place };
  });
  return parts
    .toSorted((a, b) => a.place - b.place)
    .map(({ css }) => css)
    .join('\n');
}

function usedComponents(sourceDir: string): Set<string> {
  const components = new Set<string>();
  const seen = new Set<string>();
  for (const file of globSync('**/*.{ts,tsx}', { cwd: sourceDir })) {
    const source = readFileSync(join(sourceDir, file), 'utf8');
    for (const [, names = ''] of source.matchAll(/import \{([^}]*)\} from '@mantine\/core'/g)) {
      for (const name of names.split(',').map((one) => one.trim().split(/\s/)[0] ?? '')) {
        follow(join(library, 'esm', 'components', name, `${name}.mjs`), seen, components);
      }
    }
  }
  return components;
}

/** Goes through a module and all that it imports, and notes the components that they belong to. */
function follow(file: string, seen: Set<string>, components: Set<string>): void {
  if (seen.has(file) || !existsSync(file)) return;
  seen.add(file);
  const module = /(?:components|utils)[/\\](?:\w+[/\\])*(\w+)(?:\.module)?\.mjs$/.exec(file)?.[1];
  if (module !== undefined) components.add(module);
  for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/(?:import|from) "(\.[^"]+)"/g)) follow(resolve(dirname(file), path), seen, components);
}
