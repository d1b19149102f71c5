// Everything that can be checked without running the program: types, lint, the direction of imports, the layout.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { importFaults } from './check-imports.ts';

const root = join(import.meta.dirname, '..');

export interface CheckResult {
  name: string;
  ok: boolean;
  output: string;
}

/** Runs every check; prints nothing. */
export function runChecks(): CheckResult[] {
  const command = (name: string, args: string[]): CheckResult => {
    const done = spawnSync(join(root, 'node_modules', '.bin', args[0] ?? ''), args.slice(1), { cwd: root, encoding: 'utf8' });
    return { name, ok: done.status === 0, output: `${done.stdout}${done.stderr}`.trim() };
  };
  const faults = importFaults(root);
  return [
    command('types', ['tsc', '-p', '.']),
    command('lint', ['oxlint', '--quiet', '.']),
    { name: 'import direction', ok: faults.length === 0, output: faults.join('\n') },
  ];
}

if (import.meta.main) {
  let failed = 0;
  for (const { name, ok, output } of runChecks()) {
    console.log(`${ok ? '✓' : '✗'} ${name}`);
    if (!ok) console.log(output.slice(0, 20_000));
    failed += ok ? 0 : 1;
  }
  process.exit(failed === 0 ? 0 : 1);
}
