import type { Version, VersionChange } from '@fovea/contract';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Context, ListOptions } from '../context.ts';
import { CommandFailure } from '../failure.ts';
import { print } from '../io.ts';
import { formatBytes, formatCount, formatTime } from '../terminal/format.ts';
import type { Column } from '../terminal/table.ts';
import { plain } from '../terminal/text.ts';
import { repeatable, withExamples, withJson, withList, withProject } from './options.ts';
import { finishedWork } from './watch-command.ts';

type Options = ListOptions & { project?: string };

const columns: Column<Version>[] = [
  { name: 'VERSION', value: (row) => `v${row.number}` },
  { name: 'TAGS', value: (row) => row.tags.join(', ') },
  { name: 'MESSAGE', value: (row) => plain(row.message) },
  { name: 'ITEMS', value: (row) => formatCount(row.itemCount), align: 'right' },
  { name: 'LABELS', value: (row) => formatCount(row.annotationCount), align: 'right' },
  { name: 'CREATED', value: (row) => formatTime(row.createdAt) },
  { name: 'ID', value: (row) => row.id.slice(0, 12) },
];

const changes: Column<VersionChange>[] = [
  { name: 'CHANGE', value: (row) => row.change },
  { name: 'PATH', value: (row) => plain(row.path) },
  { name: 'WHAT', value: (row) => row.fields.join(', ') },
  { name: 'LABELS', value: (row) => `+${row.annotations.added.length} −${row.annotations.removed.length}`, align: 'right' },
];

/** `train=0.8,val=0.1,test=0.1` as parts. */
function parseSplits(text: string): { name: string; share: number }[] {
  return text.split(',').map((part) => {
    const [, name = '', share = ''] = /^([^=]+)=(\d*\.?\d+)$/.exec(part.trim()) ?? [];
    if (name === '') throw new InvalidArgumentError('It must be like train=0.8,val=0.1,test=0.1.');
    return { name, share: Number(share) };
  });
}

export function versionCommands(program: Command, context: Context): void {
  const group = program.command('versions').description('keep, compare and restore versions of datasets');
  const dataset = async (reference: string, options: Options) => (await context.dataset(reference, options.project)).id;

  withExamples(
    withProject(withJson(group.command('commit').argument('<dataset>', 'name or id').description('keep a dataset as it is now')))
      .option('-m, --message <text>', 'what it is')
      .addOption(new Option('-t, --tag <tag>', 'put a tag on it; may be given several times').argParser(repeatable))
      .addOption(new Option('--splits <parts>', 'divide it, e.g. train=0.8,val=0.1,test=0.1').argParser(parseSplits))
      .option('--seed <text>', 'of the division')
      .option('--group-by <field>', 'keep items of one group together, e.g. metadata.patient'),
    'fovea versions commit Night --message "first labels" --tag v1-good',
    'fovea versions commit Night --splits train=0.8,val=0.1,test=0.1 --group-by metadata.patient',
  ).action(async (reference: string, options: Options & { message?: string; tag?: string[]; splits?: { name: string; share: number }[]; seed?: string; groupBy?: string }) => {
    const id = await dataset(reference, options);
    const splits = options.splits && { parts: options.splits, ...(options.seed === undefined ? {} : { seed: options.seed }), ...(options.groupBy === undefined ? {} : { groupBy: options.groupBy }) };
    const started = await context.fovea.versions.commit(id, { message: options.message ?? '', tags: options.tag ?? [], ...(splits ? { splits } : {}) });
    const { result } = await finishedWork(context, started, 'committing', 'items');
    const version = await context.fovea.versions.get(id, `v${Number(result?.['number'])}`);
    const what = `v${version.number} (${version.id.slice(0, 12)}): ${formatCount(version.itemCount)} items, ${formatCount(version.annotationCount)} labels`;
    context.printDone(result?.['created'] === true ? `Committed ${what}.` : `Nothing changed since ${what}.`, version, options);
  });

  withProject(withList(group.command('list').argument('<dataset>', 'name or id').description('list versions, newest first'))).action(async (reference: string, options: Options) =>
    context.printList(context.fovea.versions.list(await dataset(reference, options)), columns, options, 'No versions yet: keep one with "fovea versions commit DATASET".'),
  );

  withProject(withJson(group.command('get').argument('<dataset>', 'name or id').argument('<version>', 'number like v3, tag, or id').description('show a version'))).action(
    async (reference: string, name: string, options: Options) => {
      const version = await context.fovea.versions.get(await dataset(reference, options), name);
      context.printOne(version, factsOf(version), options);
    },
  );

  withExamples(
    withProject(withList(group.command('diff').argument('<dataset>', 'name or id').argument('<version>', 'number, tag or id').argument('[from]', 'the version before it by default').description('tell what is different'))),
    'fovea versions diff Night latest v1',
  ).action(async (reference: string, name: string, from: string | undefined, options: Options) => {
    const id = await dataset(reference, options);
    const { data, summary, next } = await context.fovea.versions.diff(id, name, { ...(from === undefined ? {} : { from }), limit: Math.min(options.limit ?? 100, 1_000) });
    if (options.json) return print(context.io, JSON.stringify({ summary, changes: data }));
    if (summary) print(context.io, `${formatCount(summary.itemsAdded)} added, ${formatCount(summary.itemsRemoved)} removed, ${formatCount(summary.itemsChanged)} changed; labels +${formatCount(summary.annotationsAdded)} −${formatCount(summary.annotationsRemoved)}${summary.recipeChanged ? '; another recipe' : ''}`);
    await context.printList({ data, next } as never, changes, options, 'They are the same.');
  });

  withProject(withJson(group.command('restore').argument('<dataset>', 'name or id').argument('<version>', 'number, tag or id').description('make the dataset what it was; what it is now is committed first'))).action(
    async (reference: string, name: string, options: Options) => {
      const work = await finishedWork(context, await context.fovea.versions.restore(await dataset(reference, options), name, {}), 'restoring', 'items');
      context.printDone(`Restored v${Number(work.result?.['number'])}: ${formatCount(Number(work.result?.['items']))} items changed.`, work.result ?? {}, options);
    },
  );

  withProject(withJson(group.command('verify').argument('<dataset>', 'name or id').argument('<version>', 'number, tag or id').description('read every byte and label again and compare digests'))).action(
    async (reference: string, name: string, options: Options) => {
      const { result } = await finishedWork(context, await context.fovea.versions.verify(await dataset(reference, options), name, {}), 'verifying', 'items');
      if (result?.['intact'] !== true) {
        print(context.io, JSON.stringify(result, null, options.json ? undefined : 2));
        throw new CommandFailure('The version is damaged.');
      }
      context.printDone(`Intact: ${formatCount(Number(result['items']))} items, ${formatCount(Number(result['blobs']))} files.`, result, options);
    },
  );

  withProject(withJson(group.command('tag').argument('<dataset>', 'name or id').argument('<version>', 'number, tag or id').argument('<tag>').description('put a tag on a version; a tag that is on another one moves'))).action(
    async (reference: string, name: string, tag: string, options: Options) => {
      const version = await context.fovea.versions.tag(await dataset(reference, options), name, tag);
      context.printDone(`v${version.number} is tagged ${tag}.`, version, options);
    },
  );
}

function factsOf(version: Version) {
  return [
    ['version', `v${version.number}`],
    ['id', version.id],
    ['tags', version.tags.join(', ')],
    ['message', plain(version.message)],
    ['items', formatCount(version.itemCount)],
    ['labels', formatCount(version.annotationCount)],
    ['size', formatBytes(version.sizeBytes)],
    ['splits', version.splits?.parts.map((part) => `${part.name} ${part.share}`).join(', ') ?? null],
    ['created', `${formatTime(version.createdAt)} by ${version.createdBy}`],
  ] as const;
}
