// `npm test`: checks, then every test, then one closing line. What a test needs beyond npm packages (Chromium, ffmpeg, Python
// clients) is installed when it can be; what cannot be is skipped by name, and in CI that is a failure.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChecks } from './check.ts';
import { installTools } from './test-tools.ts';

const root = join(import.meta.dirname, '..');
const inCi = process.env['CI'] === 'true';
const only = process.argv.slice(2);

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { name: string; status: string; message?: string; assertionResults: { status: string; fullName: string }[] }[];
}

let passed = 0;
let failed = 0;
const skipped: string[] = [];

if (only.length === 0) {
  for (const { name, ok, output } of runChecks()) {
    console.log(`${ok ? '✓' : '✗'} ${name}`);
    if (!ok) console.log(output.slice(0, 20_000));
    if (ok) passed += 1;
    else failed += 1;
  }
}
for (const missing of installTools()) console.log(`! ${missing}`);
buildConsole();

const folder = mkdtempSync(join(tmpdir(), 'fovea-test-'));
const reportFile = join(folder, 'report.json');
const run = spawnSync(process.execPath, [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`, ...only], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, FOVEA_LOG_LEVEL: 'silent' },
});
try {
  const report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report;
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  for (const file of report.testResults) {
    // A file that broke before its first test failed as a whole.
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) failed += 1;
    for (const test of file.assertionResults) {
      if (!['passed', 'failed'].includes(test.status)) skipped.push(test.fullName);
    }
  }
} catch {
  console.error('The test run ended without a report.');
  failed += 1;
}
rmSync(folder, { recursive: true, force: true });
if (run.status !== 0 && failed === 0) failed += 1;
if (skipped.length > 0) console.log(`\nSkipped:\n${skipped.map((name) => `  - ${name}`).join('\n')}`);
if (inCi && skipped.length > 0) console.log('In CI everything must run; install what the skipped tests name.');
console.log(`\n${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`);
process.exit(failed === 0 ? 0 : 1);

function buildConsole(): void {
  const built = spawnSync(process.execPath, [join(root, 'scripts', 'build-console.ts')], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (built.status !== 0) failed += 1;
}
