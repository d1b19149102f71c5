// Jobs that take a while and leave a file and a label: what workers are killed over.
import type { Job } from '@fovea/contract';
import type { Fovea } from '@fovea/sdk';

const label = { type: 'classification', label: 'seen', geometry: { type: 'classification' } };
const result = JSON.stringify({ files: [{ output: 'done', path: 'done.txt' }], labels: [{ from: 'a.txt', annotations: [label] }] });

/** Starts so many jobs on one item. */
export async function startSlowJobs(fovea: Fovea, { count, seconds }: { count: number; seconds: number }): Promise<{ item: string; jobs: Job[] }> {
  const project = (await fovea.projects.create({ name: 'Chaos' })).id;
  const dataset = (await fovea.datasets.create({ project, name: 'd' })).id;
  const { item } = await fovea.items.upload(dataset, new TextEncoder().encode('words'), { path: '/a.txt' });
  const analytic = await fovea.analytics.register({
    name: 'chaos/slow',
    version: '1.0.0',
    inputs: [{ name: 'text', media: ['text'] }],
    outputs: [{ name: 'done', type: 'file', filename: 'done.txt' }, { name: 'labels', type: 'labels' }],
    runtime: { kind: 'process', command: ['sh', '-c', `sleep ${seconds}; echo done > "$FOVEA_OUTPUT/done.txt"; echo '${result}' > "$FOVEA_OUTPUT/result.json"`] },
  });
  const jobs = await Promise.all(Array.from({ length: count }, () => fovea.jobs.create({ project, analytic: analytic.id, inputs: { text: item.id }, attachLabels: true })));
  return { item: item.id, jobs };
}
