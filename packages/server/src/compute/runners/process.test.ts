import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { processRunner } from './process.ts';
import { behaviours, runnerSuite, scripts, type Behaviour } from './runner.suite.ts';
import { findSandbox } from './sandbox.ts';

const shell = (behaviour: Behaviour) => ({ runtime: { kind: 'process' as const, command: ['sh', '-c', scripts[behaviour]], network: false } });
const isRoot = process.getuid?.() === 0;

test('bubblewrap works here, so that what follows is tested with it', () => {
  expect(process.platform !== 'linux' || findSandbox().kind).toBe('bubblewrap');
});

runnerSuite('programs in bubblewrap', async () => {
  const runner = processRunner();
  return { runner, analytic: shell, close: () => runner.close() };
});

if (isRoot) {
  // The folder of temporary files is open to all; that is what a machine without bubblewrap gives.
  const open = { ...scripts, outside: scripts.outside.replace(`${tmpdir()} `, '') };
  runnerSuite('programs as another user, without bubblewrap', async () => {
    const runner = processRunner({ sandbox: { kind: 'user', cutsNetwork: true } });
    return { runner, analytic: (behaviour) => ({ runtime: { kind: 'process', command: ['sh', '-c', open[behaviour]], network: false } }), close: () => runner.close() };
  });
}

/** The behaviours as modules, as users write them. */
const modules: Record<Behaviour, string> = (() => {
  const head = `import { readFile, writeFile, symlink } from 'node:fs/promises';\nimport { writeFileSync } from 'node:fs';\nimport { spawn } from 'node:child_process';\nimport { join } from 'node:path';\ninterface Input { path: string; name: string }\n`;
  const report = `const text: string = await readFile(task.inputs.text[0].path, 'utf8');\nconst path = join(task.outputDir, 'made.json');\nawait writeFile(path, JSON.stringify({ text }));\nreturn { files: [{ output: 'report', path, name: 'report.json', mediaType: 'application/json', from: task.inputs.text[0] }] };`;
  const module = (body: string): string => `${head}export default async function run(task: { inputs: Record<string, Input[]>; outputDir: string; [key: string]: any }) {\n${body}\n}\n`;
  const tick = `() => writeFileSync(join(task.outputDir, 'ticks'), 'x')`;
  return {
    ok: module(report),
    progress: module(`task.progress(0.5, 'half');\n${report}`),
    logs: module(`task.log('a word to the log');\n${report}`),
    userFault: module(`class InputError extends Error { override name = 'InputError'; }\nthrow new InputError('the input is bad');`),
    fault: module(`throw new Error('it broke');`),
    endless: module(`setInterval(${tick}, 50); await new Promise(() => {});`),
    halfJson: module(`await writeFile(join(task.outputDir, 'made.json'), '{"text": ');\nreturn { files: [{ output: 'report', path: join(task.outputDir, 'made.json') }] };`),
    noOutput: module('return { files: [] };'),
    flood: module(`for (let line = 0; line < 200_000; line++) console.log('line ' + line);\n${report}`),
    forks: module(`spawn('sh', ['-c', 'while :; do printf x > "$FOVEA_OUTPUT/ticks"; sleep 0.05; done'], { detached: true, stdio: 'inherit' }).unref();\nawait new Promise((resolve) => setTimeout(resolve, 300));\n${report}`),
    breeds: module(`spawn('sh', ['-c', 'n=0; while [ $n -lt 50 ]; do sleep 300 & n=$((n+1)); done; wait']); setInterval(${tick}, 50); await new Promise(() => {});`),
    bomb: module(`spawn('sh', ['-c', 'b() { b | b & }; b; while :; do sleep 1; done'], { stdio: 'inherit' }); await new Promise(() => {});`),
    roars: module(`for (;;) { console.log('words '.repeat(20)); await new Promise(setImmediate); }`),
    fills: module(`for (let n = 0; ; n++) { writeFileSync(join(process.env.TMPDIR ?? '', String(n)), Buffer.alloc(65_536, 1)); await new Promise((resolve) => setTimeout(resolve, 10)); }`),
    outside: module(`for (const place of ['/etc', '/usr', '/opt', '/', join(task.outputDir, '..')]) await writeFile(join(place, 'escaped'), 'x').catch(() => undefined);\n${report}`),
    link: module(`await symlink('/etc/hostname', join(task.outputDir, 'made.json'));\nreturn { files: [{ output: 'report', path: join(task.outputDir, 'made.json') }] };`),
  };
})();

runnerSuite('TypeScript modules', async () => {
  const runner = processRunner();
  return { runner, analytic: (behaviour) => ({ runtime: { kind: 'typescript', module: 'run.ts', network: false }, files: { 'run.ts': modules[behaviour] } }), close: () => runner.close() };
});

test('every behaviour has its script and its module', () => {
  expect(Object.keys(scripts).toSorted()).toEqual([...behaviours].toSorted());
});
