import { conflictRules } from '@fovea/contract';
import { Option, type Command } from 'commander';
import { repeatable } from './options.ts';

/** What is said of items that come into a dataset. */
export interface NewItemFlags {
  into?: string;
  channel?: string;
  label?: string[];
  publish?: boolean;
  expires?: string;
  ifExists: (typeof conflictRules)[number];
}

/** The flags of commands that make items. */
export function withNewItems(command: Command): Command {
  return command
    .option('--into <folder>', 'folder of the dataset to put everything into (default: its root)')
    .option('-c, --channel <channel>', 'channel of the new items')
    .addOption(new Option('-l, --label <label>', 'label of the new items; may be repeated').argParser(repeatable))
    .option('--publish', 'publish the new items instead of leaving them in the inbox')
    .option('--expires <when>', 'when the new items end: a time such as 2027-01-31T00:00:00Z, or days such as 30d')
    .addOption(new Option('--if-exists <rule>', 'when a path is taken by other bytes').choices(conflictRules).default('error'));
}

/** The flags as the API takes them. */
export function newItemsOf({ into: folder, channel, label: labels, publish, expires: expiresAt, ifExists }: NewItemFlags) {
  return { ifExists, ...(folder !== undefined && { folder: folder.startsWith('/') ? folder : `/${folder}` }), ...(channel !== undefined && { channel }), ...(labels && { labels }), ...(expiresAt !== undefined && { expiresAt }), ...(publish && { status: 'published' as const }) };
}
