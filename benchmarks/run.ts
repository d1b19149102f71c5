// `npm run bench -- NAME… [--scale quick|full] [--json]`: runs the named benchmarks (all without a name) and prints a table, or a JSON line per figure.
import { parseArgs } from 'node:util';
import type { Figure, Scale } from './figure.ts';
import { closeWorld } from './world.ts';

const benches: Record<string, () => Promise<{ run(options: { scale: Scale; json: boolean }): Promise<Figure[]> }>> = {
  upload: () => import('./upload.ts'),
  catalog: () => import('./catalog.ts'),
  versions: () => import('./versions.ts'),
  labeling: () => import('./labeling.ts'),
  start: () => import('./start.ts'),
  compute: () => import('./compute.ts'),
  editor: () => import('./editor.ts'),
  grid: () => import('./grid.ts'),
  scale: () => import('./scale.ts'),
  skylab: () => import('./skylab.ts'),
  datamint: () => import('./datamint.ts'),
  medical: () => import('./medical.ts'),
  formats: () => import('./formats.ts'),
  chaos: () => import('./chaos.ts'),
};

/** Names that stand for several. */
const groups: Record<string, readonly string[]> = { doors: ['scale', 'skylab', 'datamint'] };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { scale: { type: 'string', default: 'quick' }, json: { type: 'boolean', default: false } },
});
const names = positionals.flatMap((name) => groups[name] ?? [name]);
const unknown = names.filter((name) => !(name in benches));
if (unknown.length > 0 || (values.scale !== 'quick' && values.scale !== 'full')) {
  console.error(`Usage: npm run bench -- [${[...Object.keys(benches), ...Object.keys(groups)].join('|')}]… [--scale quick|full] [--json]`);
  process.exit(2);
}
const scale: Scale = values.scale;
let missed = 0;
try {
  for (const name of names.length > 0 ? names : Object.keys(benches)) {
    const bench = await benches[name]?.();
    if (!bench) continue;
    const figures = await bench.run({ scale, json: values.json });
    for (const figure of figures) {
      if (figure.ok === false) missed += 1;
      if (values.json) console.log(JSON.stringify(figure));
      else {
        const mark = figure.ok === undefined ? ' ' : figure.ok ? '✓' : '✗';
        console.log(`${mark} ${figure.bench.padEnd(9)} ${figure.figure.padEnd(60)} ${figure.value.toPrecision(4).padStart(10)} ${figure.unit.padEnd(8)} ${figure.goal ? `goal ${figure.goal}` : ''}`);
      }
    }
  }
} finally {
  await closeWorld();
}
if (!values.json && missed > 0) console.log(`\n${missed} figures miss their goal on this machine at this moment.`);
