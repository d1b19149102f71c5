#!/usr/bin/env node
// The program fovea. Plain JavaScript, so that any Node from 20 on can start it: an older one hands over to the Node 24 that came
// with the packages, which runs the TypeScript sources directly.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const wantedMajor = 24;
const main = join(dirname(fileURLToPath(import.meta.url)), '..', 'src', 'main.ts');

if (Number(process.versions.node.split('.')[0]) >= wantedMajor) await import(main);
else handOver(shippedNode());

/** The Node of the package `node-PLATFORM-ARCH`, in this folder's node_modules or in one above. */
function shippedNode() {
  const name = join('node_modules', `node-${process.platform}-${process.arch}`, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  for (let folder = dirname(main); ; folder = dirname(folder)) {
    if (existsSync(join(folder, name))) return join(folder, name);
    if (folder !== dirname(folder)) continue;
    console.error(`Fovea runs on Node ${wantedMajor}; this is ${process.version}, and the one that comes with the packages is not there.`);
    console.error(`Run "npm ci" in the folder of Fovea, or install Node ${wantedMajor}.`);
    process.exit(1);
  }
}

function handOver(node) {
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends its signals to the whole group; those sent to this process alone are passed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
}
