import { formatNames, splitRule, type ExportRequest, type Filter, type FormatName, type SplitRule } from '@fovea/contract';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { UsageError } from '../failure.ts';
import { wholeNumber } from './options.ts';

/** `--format` and the like. */
export function formatOption(flags: string, description: string): Option {
  return new Option(flags, description).choices([...formatNames]);
}

/** A filter of the query language, as JSON. */
export function parseFilter(text: string): Filter {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Filter;
  } catch {
    // Said below, as for JSON that is no object.
  }
  throw new InvalidArgumentError('It must be a filter of the query language as JSON, e.g. \'{"kind":"image"}\'.');
}

const howSplit = 'It must be none, folder, metadata:FIELD, label:train,val or shares such as train=0.8,val=0.2.';

/** How items are told apart into parts, as people write it. */
export function parseSplits(text: string): SplitRule {
  if (text === 'none' || text === 'folder') return { by: text };
  const [, kind = '', rest = ''] = /^(metadata|label):(.+)$/.exec(text) ?? [];
  if (kind === 'metadata') return { by: 'metadata', field: rest };
  if (kind === 'label') return { by: 'label', labels: rest.split(',').map((label) => label.trim()) };
  const parts = text.split(',').map((part) => {
    const [, name = '', share = ''] = /^\s*([A-Za-z0-9_-]+)=(\d*\.?\d+)\s*$/.exec(part) ?? [];
    if (name === '') throw new InvalidArgumentError(howSplit);
    return { name, share: Number(share) };
  });
  return { by: 'share', splits: { parts } };
}

/** The rule with its defaults. Throws UsageError with what is wrong. */
export function splitsOf(rule: SplitRule): ReturnType<typeof splitRule.parse> {
  const parsed = splitRule.safeParse(rule);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(`--splits ${issue?.message ?? 'makes no sense'}.`);
}

/** The options of what is written, and how it is divided. */
export function withSelection(command: Command, defaultSplits: string): Command {
  return command
    .addOption(new Option('--filter <json>', 'which items, by the query language').argParser(parseFilter))
    .addOption(new Option('--annotations <json>', 'which annotations of them, by the query language').argParser(parseFilter))
    .addOption(new Option('--splits <rule>', `parts: none, folder, metadata:FIELD, label:train,val or shares such as train=0.8,val=0.2 (default: ${defaultSplits})`).argParser(parseSplits))
    .addOption(new Option('--split-style <style>', 'parts as folders of the format, or as lists').choices(['folders', 'lists']))
    .addOption(new Option('--rle <kind>', 'COCO: how masks are written').choices(['compressed', 'plain']))
    .addOption(new Option('--shard-items <n>', 'items in a shard, for formats that have such').argParser(wholeNumber(1)));
}

export type ExportFlags = {
  format: FormatName;
  filter?: Filter;
  annotations?: Filter;
  media: NonNullable<ExportRequest['media']>;
  splits?: SplitRule;
  splitStyle?: NonNullable<ExportRequest['splitStyle']>;
  version?: string;
  rle?: NonNullable<ExportRequest['rle']>;
  shardItems?: number;
};

/** The request that an export's options make. */
export function requestOf(flags: ExportFlags): ExportRequest {
  const { format, filter, annotations, media, splits, splitStyle, version, rle, shardItems } = flags;
  return {
    format,
    media,
    ...(filter && { filter }),
    ...(annotations && { annotations }),
    ...(splits && { splits }),
    ...(splitStyle && { splitStyle }),
    ...(version !== undefined && { version }),
    ...(rle && { rle }),
    ...(shardItems !== undefined && { shardItems }),
  };
}
