import { itemStatuses, mediaKinds } from '@fovea/contract';
import type { Fovea } from '@fovea/sdk';
import { Option, type Command } from 'commander';
import { timeOf } from './options.ts';

/** The filters of `items.list`, as they come from the flags. */
export type FilterOptions = Pick<
  NonNullable<Parameters<Fovea['items']['list']>[1]>,
  'kind' | 'mediaType' | 'status' | 'probe' | 'channel' | 'label' | 'folder' | 'path' | 'sha256' | 'createdAfter' | 'createdBefore'
>;

/** Adds the flags that choose items of a dataset. */
export function withItemFilter(command: Command): Command {
  return command
    .addOption(new Option('--kind <kind>', 'only items of this kind').choices(mediaKinds))
    .option('--media-type <type>', 'only items of this media type, e.g. image/png')
    .addOption(new Option('--status <status>', 'only items of this status').choices(itemStatuses))
    .addOption(new Option('--probe <state>', 'only items whose media facts are in this state').choices(['pending', 'ready', 'failed']))
    .option('--channel <channel>', 'only items of this channel')
    .option('--label <label>', 'only items with this label')
    .option('--folder <path>', 'only items in this folder or below it')
    .option('--path <path>', 'only the item at this path')
    .option('--sha256 <digest>', 'only items with these bytes')
    .addOption(new Option('--created-after <time>', 'only items uploaded after this time').argParser(timeOf))
    .addOption(new Option('--created-before <time>', 'only items uploaded before this time').argParser(timeOf));
}

/** The filter among the options of a command. */
export function filterOf(options: FilterOptions): FilterOptions {
  const { kind, mediaType, status, probe, channel, label, folder, path, sha256, createdAfter, createdBefore } = options;
  return { kind, mediaType, status, probe, channel, label, folder, path, sha256, createdAfter, createdBefore };
}

/** Whether anything was filtered by. */
export function isFiltered(options: FilterOptions): boolean {
  return Object.values(filterOf(options)).some((value) => value !== undefined);
}
