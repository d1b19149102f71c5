// Builds the packages that are published, as tarballs: `node scripts/pack.ts FOLDER`. In the repository everything runs from its TypeScript
// sources; what is published is JavaScript with type declarations, so that any Node from 20 on and every bundler can use it.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = join(import.meta.dirname, '..');
const published = ['contract', 'medical', 'sdk'] as const;

/** Packs the published packages into a folder; gives the paths of the tarballs, dependencies first. */
export function packPublished(folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  const staging = mkdtempSync(join(tmpdir(), 'fovea-pack-'));
  try {
    return published.map((name) => pack(name, join(staging, name), resolve(folder)));
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function pack(name: string, stage: string, folder: string): string {
  const source = join(root, 'packages', name);
  mkdirSync(stage, { recursive: true });
  compile(source, stage);
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as Record<string, unknown>;
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`);
  for (const file of [join(source, 'README.md'), join(root, 'LICENSE')]) {
    if (existsSync(file)) copyFileSync(file, join(stage, file.split('/').at(-1) ?? ''));
  }
  const packed = run('npm', ['pack', '--json', '--pack-destination', folder], stage);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  return join(folder, filename);
}

/** Sources to `dist`: one JavaScript file and one declaration for each, relative imports ending in `.js`. */
function compile(source: string, stage: string): void {
  const config = join(stage, 'tsconfig.json');
  const settings = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      target: 'es2022',
      noEmit: false,
      declaration: true,
      rewriteRelativeImportExtensions: true,
      rootDir: join(source, 'src'),
      outDir: join(stage, 'dist'),
      typeRoots: [join(root, 'node_modules', '@types')],
    },
    include: [join(source, 'src')],
    exclude: [join(source, 'src', '**', '*.test.ts'), join(source, 'src', '**', 'sample-*.ts'), join(source, 'src', 'testing.ts')],
  };
  writeFileSync(config, JSON.stringify(settings));
  run(join(root, 'node_modules', '.bin', 'tsc'), ['-p', config], root);
  rmSync(config);
}

/** The manifest with `dist` where the sources were, and without what only the repository needs. */
function publishedManifest(manifest: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.entries(manifest).filter(([name]) => !['devDependencies', 'private'].includes(name));
  return {
    ...Object.fromEntries(kept),
    exports: toDist(manifest['exports']),
    ...(manifest['imports'] === undefined ? {} : { imports: toDist(manifest['imports']) }),
    ...(hasEntry(manifest) && { types: './dist/index.d.ts' }),
    files: ['dist'],
    sideEffects: false,
  };
}

/** Whether the package has an entry of its own, or only ones below its name. */
function hasEntry({ exports }: Record<string, unknown>): boolean {
  return typeof exports === 'object' && exports !== null && '.' in exports;
}

function toDist(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toDist(inner)]));
  const base = String(value).replace('./src/', './dist/').replace(/\.ts$/, '');
  return { types: `${base}.d.ts`, default: `${base}.js` };
}

function run(command: string, args: string[], cwd: string): string {
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' });
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${done.stdout}${done.stderr}`);
  return done.stdout;
}

if (import.meta.main) {
  for (const file of packPublished(process.argv[2] ?? 'dist')) console.log(file);
}
