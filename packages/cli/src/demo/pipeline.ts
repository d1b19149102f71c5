import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatasetExport } from '@fovea/contract';
import { filesIn, type Fovea } from '@fovea/sdk';
import { drawSamples, type SampleCounts, type Truth } from './files.ts';
import { hands, workBatch, type WorkDone } from './people.ts';

/** Told what the demo is at. */
export type DemoProgress = (step: string, unit: string, done: number, total: number | undefined) => void;

export interface DemoResult {
  project: string;
  dataset: string;
  items: number;
  bytes: number;
  byKind: Record<string, number>;
  annotations: number;
  tasks: number;
  reviewed: number;
  sentBack: number;
  /** How well the people agreed with each other, from the quality report of their batch; undefined where nothing was labeled. */
  agreement: Agreement | undefined;
  jobs: number;
  /** Where the seconds of the jobs went: in the queue, and at work. */
  jobTimes: JobTimes;
  compared: number;
  /** The version that was committed, and its export as COCO. */
  version: string;
  exported: DatasetExport;
  /** Seconds that each step took. */
  seconds: Record<string, number>;
}

/** Shares from 0 to 1; null where there is nothing to compare. */
export interface Agreement {
  overall: number | null;
  low: number | null;
  high: number | null;
  kappa: number | null;
  people: { name: string; tasks: number; mistakes: number; agreement: number | null; accepted: number; rejected: number }[];
}

export interface DemoOptions {
  /** Real files to take instead of drawn ones. */
  folder?: string | undefined;
  samples: SampleCounts;
  projectName: string;
  /** Download everything again and compare digests. */
  verify: boolean;
  onProgress: DemoProgress;
}

const labeled = 24;

/** The main job, from files to labels, on a platform that runs: what `npm run demo` shows and what fills the Demo project. */
export async function runPipeline(fovea: Fovea, options: DemoOptions): Promise<DemoResult> {
  const { onProgress } = options;
  const seconds: Record<string, number> = {};
  const timed = async <T>(step: string, work: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await work();
    seconds[step] = (performance.now() - started) / 1_000;
    return result;
  };
  const temporary = await mkdtemp(join(tmpdir(), 'fovea-demo-'));
  try {
    const drawn = join(temporary, 'samples');
    const truth: Truth = options.folder === undefined ? await timed('draw', () => drawSamples(drawn, options.samples, (done, total) => onProgress('Drawing samples', 'files', done, total))) : new Map();
    const source = options.folder ?? drawn;
    const project = await fovea.projects.create({ name: options.projectName, description: 'Made by the demo: files, labels and jobs to look at.' });
    const dataset = await fovea.datasets.create({ project: project.id, name: 'First look' });
    const uploaded = await timed('upload', () =>
      fovea.items.uploadMany(dataset.id, filesIn(source), { onError: 'collect', onProgress: (state) => onProgress('Uploading', 'files', state.files, state.totalFiles) }),
    );
    if (uploaded.failed > 0) throw new Error(`${uploaded.failed} files could not be uploaded, the first because: ${uploaded.failures[0]?.message}`);
    const items = uploaded.created + uploaded.existing;
    await timed('probe', () => waitForProbes(fovea, dataset.id, items, onProgress));
    const byKind = await countKinds(fovea, dataset.id);
    const { jobs, times } = await timed('process', () => preLabel(fovea, { project: project.id, dataset: dataset.id, onProgress }));
    const work = await timed('label', () => label(fovea, { project: project.id, dataset: dataset.id, truth, onProgress }));
    const compared = options.verify ? await timed('download', () => compare(fovea, dataset.id, source, join(temporary, 'copy'), items, onProgress)) : 0;
    const version = await timed('commit', () => commit(fovea, dataset.id, onProgress));
    const exported = await timed('export', () =>
      fovea.exports.createAndWait(dataset.id, { format: 'coco', version, media: 'included' }, { onProgress: ({ done, total }) => onProgress('Exporting COCO', 'items', done, total ?? undefined) }),
    );
    const { count } = await fovea.annotations.count(dataset.id, { filter: {} });
    return {
      project: project.id,
      dataset: dataset.id,
      items,
      bytes: uploaded.bytes,
      byKind,
      annotations: count,
      tasks: work.tasks,
      reviewed: work.reviewed,
      sentBack: work.sentBack,
      agreement: work.agreement,
      jobs,
      jobTimes: times,
      compared,
      version,
      exported,
      seconds,
    };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Keeps the dataset as a version; gives its id. */
async function commit(fovea: Fovea, dataset: string, onProgress: DemoProgress): Promise<string> {
  const splits = { parts: [{ name: 'train', share: 0.8 }, { name: 'val', share: 0.2 }] };
  const { id } = await fovea.versions.commit(dataset, { message: 'First labels', splits });
  const result = await waitForCommand(fovea, id, (done, total) => onProgress('Committing a version', 'items', done, total));
  return String(result?.['versionId']);
}

/** Waits for long work; gives its result. */
async function waitForCommand(fovea: Fovea, id: string, onStep: (done: number, total: number | undefined) => void): Promise<Record<string, unknown> | null> {
  for (;;) {
    const { kind, status, done, total, message, result } = await fovea.commands.get(id, { waitSeconds: 10 });
    onStep(done, total ?? undefined);
    if (status === 'complete') return result;
    if (status === 'failed' || status === 'cancelled') throw new Error(`${kind}: ${message ?? status}`);
  }
}

async function waitForProbes(fovea: Fovea, dataset: string, total: number, onProgress: DemoProgress): Promise<void> {
  const deadline = Date.now() + 600_000;
  for (;;) {
    const { count } = await fovea.items.count(dataset, { filter: { probe: 'pending' } });
    onProgress('Looking at media', 'files', total - count, total);
    if (count === 0) return;
    if (Date.now() > deadline) throw new Error(`${count} files were not looked at within ten minutes.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function countKinds(fovea: Fovea, dataset: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const kind of ['image', 'video', 'dicom', 'nifti', 'other'] as const) {
    const { count } = await fovea.items.count(dataset, { filter: { kind } });
    if (count > 0) counts[kind] = count;
  }
  return counts;
}

/** Seconds that jobs spent, all together. */
export interface JobTimes {
  waited: number;
  worked: number;
}

/** Labels by analytics, before people see anything: moving objects of the videos as tracks, and pictures that are blurred, dark or flat; a job for each video, and one for the pictures. */
async function preLabel(fovea: Fovea, given: { project: string; dataset: string; onProgress: DemoProgress }): Promise<{ jobs: number; times: JobTimes }> {
  const { project, dataset, onProgress } = given;
  const ready = (kind: string, limit: number) => fovea.items.query(dataset, { filter: { kind, probe: 'ready' }, fields: ['id'], limit });
  const ids = ({ data }: Awaited<ReturnType<typeof ready>>) => data.flatMap(({ id }) => id ?? []);
  const [videos, pictures] = await Promise.all([ready('video', 5).then(ids), ready('image', 200).then(ids)]);
  const requests = [
    ...videos.map((id) => ({ project, analytic: 'fovea/motion-tracks', inputs: { video: id }, attachLabels: true })),
    ...(pictures.length === 0 ? [] : [{ project, analytic: 'fovea/image-quality', inputs: { images: pictures }, attachLabels: true }]),
  ];
  const times = { waited: 0, worked: 0 };
  for (const [index, request] of requests.entries()) {
    onProgress('Running analytics', 'jobs', index, requests.length);
    const { queuedAt, startedAt, endedAt } = await fovea.jobs.createAndWait(request);
    const [queued = 0, started = 0, ended = 0] = [queuedAt, startedAt, endedAt].map((time) => Date.parse(time ?? '') / 1_000);
    times.waited += started - queued;
    times.worked += ended - started;
  }
  onProgress('Running analytics', 'jobs', requests.length, requests.length);
  return { jobs: requests.length, times };
}

/** A batch over some of the pictures, worked off by made-up people, a part of it reviewed. */
async function label(fovea: Fovea, given: { project: string; dataset: string; truth: Truth; onProgress: DemoProgress }): Promise<WorkDone & { agreement: Agreement | undefined }> {
  const { project, dataset, truth, onProgress } = given;
  const { data: chosen } = await fovea.items.query(dataset, { filter: { kind: 'image', probe: 'ready' }, fields: ['id', 'path'], limit: labeled });
  const names = new Set(['object', 'seen', ...chosen.flatMap(({ path = '' }) => (truth.get(path) ?? []).map((content) => content.label))]);
  const recipe = await fovea.recipes.create({ project, name: 'What is in it', labels: [...names].toSorted().map((name) => ({ name })), instructions: 'Draw each object as tightly as you can.' });
  const batch = await fovea.batches.create({
    project,
    name: 'First batch',
    dataset,
    recipe: recipe.id,
    filter: { id: { in: chosen.flatMap(({ id }) => id ?? []) } },
    settings: { reviewShare: 0.25, people: 2 },
  });
  if (batch.counts.total === 0) return { tasks: 0, annotations: 0, reviewed: 0, sentBack: 0, agreement: undefined };
  await fovea.batches.finalize(batch.id);
  const work = await workBatch({ owner: fovea, project, batch: batch.id, truth, onTask: (done) => onProgress('Labeling', 'tasks', done, batch.counts.total) });
  const agreement = await measure(fovea, batch.id);
  await waitForCommand(fovea, (await fovea.quality.merge(batch.id, {})).id, (done, total) => onProgress('Finding consensus', 'items', done, total));
  return { ...work, agreement };
}

/** What the platform's own quality report says about the made-up people. */
async function measure(fovea: Fovea, batch: string): Promise<Agreement> {
  const report = await fovea.quality.report(batch);
  const kappas = report.pairs.flatMap(({ kappa }) => kappa ?? []);
  return {
    overall: report.overall.agreement,
    low: report.overall.low,
    high: report.overall.high,
    kappa: kappas.length === 0 ? null : kappas.reduce((sum, kappa) => sum + kappa, 0) / kappas.length,
    people: report.people.map(({ by, tasks, agreement, accepted, rejected }) => {
      const name = by.split('.')[0] ?? by;
      return { name, tasks, mistakes: hands.find((hand) => hand.name === name)?.mistakes ?? 0, agreement, accepted, rejected };
    }),
  };
}

/** Downloads every item again and compares it with the file it came from. */
async function compare(fovea: Fovea, dataset: string, source: string, target: string, total: number, onProgress: DemoProgress): Promise<number> {
  let compared = 0;
  for await (const item of fovea.items.list(dataset, { limit: 1_000 })) {
    const copy = join(target, ...item.path.split('/').filter(Boolean));
    await fovea.items.download(item, { to: copy });
    const original = join(source, ...item.path.split('/').filter(Boolean));
    const [left, right] = await Promise.all([digest(original), digest(copy)]);
    if (left !== right) throw new Error(`The download of ${item.path} differs from the file that was uploaded.`);
    onProgress('Comparing downloads', 'files', ++compared, total);
  }
  return compared;
}

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

