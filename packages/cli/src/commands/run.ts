import { computeModes, isId, type Filter, type Job } from '@fovea/contract';
import { Option, type Command } from 'commander';
import type { Context } from '../context.ts';
import { CommandFailure, UsageError } from '../failure.ts';
import { note, print } from '../io.ts';
import { plain } from '../terminal/text.ts';
import { downloadOutputs, finished, projectId, watchJob } from './jobs.ts';
import { repeatable, withExamples, withJson } from './options.ts';
import { filterPairs, pairs, parameterPairs } from './pairs.ts';

type Inputs = Record<string, string[] | { dataset: string; filter: Filter }>;

interface RunFlags {
  input?: string[];
  query?: string[];
  param?: string[];
  project?: string;
  dataset?: string;
  profile?: string;
  name?: string;
  compute?: (typeof computeModes)[number];
  attachLabels?: boolean;
  cache?: boolean;
  start?: boolean;
  wait?: boolean;
  out?: string;
  json?: boolean;
}

export function runCommand(program: Command, context: Context): void {
  withExamples(
    withJson(program.command('run').argument('<analytic>', 'owner/name, or owner/name@version').description('run an analytic on items'))
      .addOption(new Option('-i, --input <name=item>', 'an item for an input: its id, or with --dataset its path; may be repeated').argParser(repeatable))
      .addOption(new Option('--query <name=filter>', 'all items of the dataset that a filter (JSON of the query language) finds, for an input').argParser(repeatable))
      .addOption(new Option('--param <name=value>', 'a parameter; may be repeated').argParser(repeatable))
      .option('-D, --dataset <dataset>', 'name or id of the dataset that paths of items are in')
      .option('-p, --project <project>', 'name or id of the project (default: that of the items)')
      .option('--profile <id>', 'parameters to begin with')
      .option('-n, --name <name>', 'what the job is called')
      .addOption(new Option('--compute <mode>', 'where it runs').choices(computeModes))
      .option('--attach-labels', 'labels that it finds become annotations of the items')
      .option('--cache', 'answer from an earlier job that did equal work')
      .option('--no-start', 'only create it; "fovea jobs start" queues it')
      .option('-w, --wait', 'follow it to its end')
      .option('-o, --out <folder>', 'download its outputs there (waits)'),
    'fovea run fovea/motion-tracks --dataset Night --input video=/street.mp4 --wait',
    'fovea run me/blur-score --input image=0190… --param limit=0.4 --out ./results',
    `fovea run fovea/image-quality --dataset Night --query 'images={"kind":"image"}' --attach-labels`,
  ).action((analytic: string, flags: RunFlags) => run(context, analytic, flags));
}

async function run(context: Context, analytic: string, flags: RunFlags): Promise<void> {
  const { io, fovea } = context;
  const given = pairs('input', flags.input);
  const dataset = flags.dataset === undefined ? undefined : await context.dataset(flags.dataset, flags.project);
  const inputs: Inputs = {};
  for (const [name, items] of given) {
    const ids: string[] = [];
    for (const item of items) ids.push(await itemId(context, item, dataset?.id));
    inputs[name] = ids;
  }
  for (const [name, filter] of Object.entries(filterPairs(flags.query))) {
    if (dataset === undefined) throw new UsageError('--query needs the dataset that it is asked of: --dataset DATASET.');
    if (inputs[name] !== undefined) throw new UsageError(`The input ${name} is given by --input or by --query, not by both.`);
    inputs[name] = { dataset: dataset.id, filter };
  }
  const project = flags.project === undefined ? (dataset?.projectId ?? (await projectOf(context, inputs))) : await projectId(context, flags.project);
  const job = await fovea.jobs.create({
    project,
    analytic,
    inputs,
    parameters: await withFiles(context, analytic, parameterPairs(flags.param), dataset?.id),
    ...(flags.profile === undefined ? {} : { profile: flags.profile }),
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...(flags.compute === undefined ? {} : { compute: flags.compute }),
    attachLabels: flags.attachLabels ?? false,
    cache: flags.cache ?? false,
    start: flags.start ?? true,
  });
  if ((!flags.wait && flags.out === undefined) || flags.start === false) {
    context.printDone(`"${plain(job.name)}" is ${job.status} (${job.id}); "fovea jobs ${flags.start === false ? 'start' : 'watch'} ${job.id}" ${flags.start === false ? 'queues' : 'follows'} it.`, job, flags);
    return;
  }
  if (!flags.json) note(io, `Job ${job.id}`);
  const done: Job = await watchJob(context, job.id);
  finished(context, done, flags);
  if (flags.out === undefined) return;
  const files = await downloadOutputs(context, done, flags.out);
  if (!flags.json) for (const file of files) print(io, `  ${file}`);
}

/** Parameters that take a file name an item, as inputs do: by its id, or by its path. */
async function withFiles(context: Context, analytic: string, given: Record<string, unknown>, dataset: string | undefined): Promise<Record<string, unknown>> {
  if (!Object.values(given).some((value) => typeof value === 'string' && !isId(value))) return given;
  const { manifest } = await context.fovea.analytics.get(analytic);
  const parameters = { ...given };
  for (const { name, type } of manifest.parameters) {
    const value = given[name];
    if (type === 'file' && typeof value === 'string') parameters[name] = await itemId(context, value, dataset);
  }
  return parameters;
}

/** An item by its id, or by its path in a dataset. */
async function itemId({ fovea }: Context, text: string, dataset: string | undefined): Promise<string> {
  if (isId(text)) return text;
  if (dataset === undefined) throw new UsageError(`"${text}" is no id of an item; with --dataset DATASET it can be the path of one.`);
  const path = text.startsWith('/') ? text : `/${text}`;
  const [item] = await fovea.items.query(dataset, { filter: { path }, fields: ['id'], limit: 1 }).toArray({ limit: 1 });
  if (!item?.id) throw new CommandFailure(`The dataset has no item "${path}".`);
  return item.id;
}

/** The project of the first item; without items the only one. */
async function projectOf(context: Context, inputs: Inputs): Promise<string> {
  const [first] = Object.values(inputs).filter((given) => Array.isArray(given)).flat();
  if (first === undefined) return projectId(context, undefined);
  const item = await context.fovea.items.get(first);
  return (await context.fovea.datasets.get(item.datasetId)).projectId;
}
