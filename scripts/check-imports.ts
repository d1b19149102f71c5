// The house has one direction: main → http, doors → rooms → engines, media, formats → contract, geometry.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** Which workspace packages a package may import. */
const packages: Record<string, readonly string[]> = {
  contract: [],
  geometry: ['contract'],
  formats: ['contract', 'geometry'],
  medical: [],
  sdk: ['contract', 'medical'],
  editor: ['contract', 'geometry'],
  server: ['contract', 'geometry', 'formats', 'medical', 'analytics'],
  cli: ['contract', 'sdk', 'server', 'formats', 'geometry', 'medical', 'analytics'],
  console: ['contract', 'sdk', 'editor', 'geometry', 'medical'],
  analytics: ['contract', 'geometry', 'medical'],
};

/** Layers of the server, each with the layers that its files may import. */
const base = ['fault', 'paging', 'logger'];
const rooms = ['identity', 'catalog', 'labeling', 'compute', 'events'];
const below = [...base, 'engines', 'media'];
const layers: Record<string, readonly string[]> = {
  engines: ['engines', 'logger'],
  media: ['media'],
  identity: [...below, ...rooms],
  catalog: [...below, ...rooms],
  labeling: [...below, ...rooms],
  compute: [...below, ...rooms],
  events: [...below, ...rooms],
  http: [...below, ...rooms, 'http'],
  doors: [...below, ...rooms, 'http', 'doors'],
  main: [...below, ...rooms, 'http', 'doors', 'main'],
  fault: [],
  paging: ['fault'],
  logger: [],
  index: ['main'],
};

/** Every import against the direction, as `file imports what: why not`. */
export function importFaults(root: string): string[] {
  const faults: string[] = [];
  for (const file of [...sources(join(root, 'packages')), ...sources(join(root, 'analytics'))]) {
    const from = relative(root, file).split(sep).join('/');
    for (const specifier of importsOf(readFileSync(file, 'utf8'))) {
      const fault = faultOf(root, file, from, specifier);
      if (fault) faults.push(`${from} imports ${specifier}: ${fault}`);
    }
  }
  return faults;
}

function faultOf(root: string, file: string, from: string, specifier: string): string | undefined {
  const isTest = /\.(test|suite)\.tsx?$|^packages\/[a-z]+\/test\/|\/testing(\/|\.ts$)|\.bench\.ts$/.test(from);
  const owner = from.startsWith('analytics/') ? 'analytics' : (from.split('/')[1] ?? '');
  const used = /^@fovea\/([a-z]+)/.exec(specifier)?.[1];
  if (used !== undefined && used !== owner) {
    return isTest || packages[owner]?.includes(used) ? undefined : `${owner} may use only ${packages[owner]?.join(', ') || 'nothing'} of the workspace`;
  }
  if (!specifier.startsWith('.')) return undefined;
  const target = relative(root, join(dirname(file), specifier)).split(sep).join('/');
  const targetOwner = target.startsWith('analytics/') ? 'analytics' : (target.split('/')[1] ?? '');
  if (targetOwner !== owner) return isTest ? undefined : 'packages are imported by their name';
  if (owner !== 'server' || isTest) return undefined;
  return layerFault(from, target);
}

function layerFault(from: string, target: string): string | undefined {
  const layerOf = (path: string) => (path.split('/')[3] ?? '').replace(/\.ts$/, '');
  const layer = layerOf(from);
  const other = layerOf(target);
  const allowed = layers[layer];
  if (!allowed) return `the layer "${layer}" is not in scripts/check-imports.ts`;
  // A feature's routes.ts is its face to the doors: it speaks of operations and requests.
  if (other === 'http' && from.endsWith('/routes.ts')) return undefined;
  if (!allowed.includes(other)) return `${layer} may import only ${allowed.join(', ')}`;
  if (layer === 'doors' && other === 'doors') {
    const [door, otherDoor] = [from.split('/')[4], target.split('/')[4]];
    // Files beside the doors, such as the credentials of each, speak of them all.
    if (door !== otherDoor && !door?.endsWith('.ts') && !otherDoor?.endsWith('.ts')) return 'a door does not know another door';
  }
  return undefined;
}

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (/\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts')) yield path;
  }
}

function importsOf(text: string): string[] {
  const found = text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^'"]*?from\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)\s*import\s+['"]([^'"]+)['"]/g);
  return [...found].flatMap((match) => match[1] ?? match[2] ?? match[3] ?? []);
}
