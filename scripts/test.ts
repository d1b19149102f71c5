// `npm test`: checks, then every test, then one closing line. What a test needs beyond npm packages (Chromium, ffmpeg, Python
// clients) is installed when it can be; what cannot be is skipped by name, and in CI that is a failure.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { runChecks } from './check.ts';
import { installTools } from './test-tools.ts';

const root = join(import.meta.dirname, '..');
const inCi = process.env['CI'] === 'true';
const only = process.argv.slice(2);

interface FileReport {
  name: string;
  status: string;
  assertionResults: { status: string; fullName: string }[];
}

interface Report {
  numPassedTests: number;
  testResults: FileReport[];
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

const first = runTests(only);
if (first === undefined) {
  failed += 1;
} else {
  // Browsers and killed processes on a busy machine: files with a failure run once more, one after the other, when all else is done. What
  // passes then is told by name; many failures are no matter of chance.
  const broken = failedFiles(first);
  const again = broken.length > 0 && broken.length <= 8 && only.length === 0 ? runTests(broken, ['--maxWorkers=1']) : undefined;
  const before = new Set(first.testResults.filter(isBroken).flatMap(failuresOf));
  const after = new Set((again ?? first).testResults.filter(isBroken).flatMap(failuresOf));
  passed += first.numPassedTests;
  failed += after.size;
  for (const file of first.testResults) {
    for (const test of file.assertionResults) {
      if (!['passed', 'failed'].includes(test.status)) skipped.push(test.fullName);
    }
  }
  const mended = [...before].filter((name) => !after.has(name));
  passed += mended.length;
  if (mended.length > 0) console.log(`\nPassed only when run again by itself:\n${mended.map((name) => `  - ${name}`).join('\n')}`);
}
if (skipped.length > 0) console.log(`\nSkipped:\n${skipped.map((name) => `  - ${name}`).join('\n')}`);
if (inCi && skipped.length > 0) console.log('In CI everything must run; install what the skipped tests name.');
console.log(`\n${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`);
process.exit(failed === 0 ? 0 : 1);

/** One run of vitest, undefined when it ended without a report. */
function runTests(files: readonly string[], options: readonly string[] = []): Report | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-test-'));
  const reportFile = join(folder, 'report.json');
  const run = spawnSync(
    process.execPath,
    [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`, ...options, ...files],
    { cwd: root, stdio: 'inherit', env: { ...process.env, FOVEA_LOG_LEVEL: 'silent' } },
  );
  try {
    const report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report;
    // An error outside of any test fails the run, and no file of the report says so.
    if (run.status !== 0 && !report.testResults.some(isBroken)) failed += 1;
    return report;
  } catch {
    console.error('The test run ended without a report.');
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isBroken(file: FileReport): boolean {
  return file.status === 'failed' || file.assertionResults.some((test) => test.status === 'failed');
}

/** Names of what failed in a file: its tests, or the file itself when it broke before its first test. */
function failuresOf(file: FileReport): string[] {
  const names = file.assertionResults.filter((test) => test.status === 'failed').map((test) => `${relative(root, file.name)}: ${test.fullName}`);
  return names.length > 0 ? names : [`${relative(root, file.name)} as a whole`];
}

function failedFiles(report: Report): string[] {
  return report.testResults.filter(isBroken).map((file) => relative(root, file.name));
}

function buildConsole(): void {
  const built = spawnSync(process.execPath, [join(root, 'scripts', 'build-console.ts')], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (built.status !== 0) failed += 1;
}
