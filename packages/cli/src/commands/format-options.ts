import { formatNames, type ExportRequest, type Filter, type FormatName, type SplitRule } from '@fovea/contract';
import { InvalidArgumentError, Option } from 'commander';

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
