// The behaviours of the runners' suite as built-in analytics, which run in the platform's own threads: `behaves/<behaviour>`.
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, type AnalyticResult, type AnalyticTask, type RunAnalytic } from '@fovea/analytics/analytic.ts';
import type { BuiltinAnalytic } from '@fovea/analytics/registry.ts';
import { analyticManifest } from '@fovea/contract';

async function report(task: AnalyticTask): Promise<AnalyticResult> {
  const text = await readFile(task.inputs['text']?.[0]?.path ?? '', 'utf8');
  const path = join(task.outputDir, 'report.json');
  await writeFile(path, JSON.stringify({ text }));
  return { files: [{ output: 'report', path, name: 'report.json', mediaType: 'application/json' }] };
}

const runs: Record<string, RunAnalytic> = {
  ok: report,
  async progress(task) {
    task.progress(0.5, 'half');
    return report(task);
  },
  async logs(task) {
    task.log('a word to the log');
    return report(task);
  },
  async userFault() {
    throw new InputError('the input is bad');
  },
  async fault() {
    throw new Error('it broke');
  },
  // Does not listen to the signal: its thread is ended.
  async endless(task) {
    for (let at = 0; ; at = Date.now()) {
      while (Date.now() < at + 50);
      writeFileSync(join(task.outputDir, 'ticks'), 'x');
    }
  },
  async flood(task) {
    for (let line = 0; line < 200_000; line++) task.log(`line ${line}`);
    return report(task);
  },
  async link(task) {
    const path = join(task.outputDir, 'report.json');
    await symlink('/etc/hostname', path);
    return { files: [{ output: 'report', path, name: 'report.json', mediaType: 'application/json' }] };
  },
};

export const builtinAnalytics: BuiltinAnalytic[] = Object.entries(runs).map(([name, run]) => ({
  manifest: analyticManifest.parse({ name: `behaves/${name.toLowerCase()}`, version: '1.0.0', inputs: [{ name: 'text', media: ['text'] }], outputs: [{ name: 'report', type: 'json' }], runtime: { kind: 'builtin', module: name } }),
  load: async () => run,
}));
