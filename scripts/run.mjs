// The one entry of every npm script. Plain JavaScript without dependencies, so that it runs on any Node from 20 on a
// machine where nothing is installed yet: it installs what is missing, then hands over to Node 24, which runs the
// TypeScript sources directly.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const wantedMajor = 24;
const stampFile = join(root, 'node_modules', '.fovea-install');

const commands = {
  start: ['scripts/start.ts'],
  dev: ['--watch', 'packages/cli/src/main.ts', 'serve', '--no-demo'],
  demo: ['packages/cli/src/main.ts', 'demo'],
  test: ['scripts/test.ts'],
  check: ['scripts/check.ts'],
  bench: ['benchmarks/run.ts'],
  fix: ['scripts/fix.ts'],
  node: [],
};

const [name = '', ...rest] = process.argv.slice(2);
const command = commands[name];
if (!command) {
  console.error(`Unknown command "${name}". Known: ${Object.keys(commands).join(', ')}.`);
  process.exit(2);
}

installMissing();
const node = findNode();
const child = spawn(node, [...command, ...rest], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH: `${dirname(node)}:${join(root, 'node_modules', '.bin')}:${process.env.PATH}` },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));

/**
 * Installs the packages of the lock file when they were never installed or it has changed since. Not by `npm ci`: that refuses a lock file
 * in which optional binaries of other platforms are missing, as they are where a registry does not carry them all.
 */
function installMissing() {
  const lock = createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lock) return;
  console.error('Installing packages …');
  const done = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  if (done.status !== 0) {
    console.error('Installing the packages failed; the lines above say why.');
    process.exit(1);
  }
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, lock);
}

/** This Node when it is new enough, else the one that came with the packages. */
function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= wantedMajor) return process.execPath;
  const shipped = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(shipped)) return shipped;
  console.error(`Fovea runs on Node ${wantedMajor}; this is ${process.version}, and no shipped binary exists for ` +
    `${process.platform}-${process.arch}. Install Node ${wantedMajor} and try again.`);
  process.exit(1);
}
