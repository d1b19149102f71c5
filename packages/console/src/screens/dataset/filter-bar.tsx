import { itemStatuses, mediaKinds, probeStates } from '@fovea/contract';
import { Autocomplete, Button, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconFilterOff, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { memo, useEffect, useState } from 'react';
import type { ItemSearch } from '../../api/item-filter.ts';
import { valuesQuery } from '../../api/product.ts';
import { texts } from '../../texts.ts';
import { ConditionFilter } from './condition-filter.tsx';
import classes from './filter-bar.module.css';

export interface FilterBarProps {
  datasetId: string;
  search: ItemSearch;
  /** Changes some filters and keeps the others; undefined takes one away. */
  change: (filters: { [K in keyof ItemSearch]?: ItemSearch[K] | undefined }) => void;
  channels: ReadonlySet<string>;
  labels: ReadonlySet<string>;
}

/** What a list of items is narrowed by; everything here stands in the address too. */
export const FilterBar = memo(function FilterBar({ datasetId, search, change, channels, labels }: FilterBarProps) {
  const t = texts.dataset;
  const any = search.q ?? search.kind ?? search.status ?? search.probe ?? search.channel ?? search.label ?? search.where;
  const known = useKnown(datasetId, { channels, labels });
  return (
    <search className={classes['bar']} aria-label={t.filters}>
      <NameSearch value={search.q} onChange={(q) => change({ q })} />
      <Choice label={t.kind} value={search.kind} options={mediaKinds} names={t.kinds} onChange={(kind) => change({ kind })} />
      <Choice label={t.status} value={search.status} options={itemStatuses} names={t.statuses} onChange={(status) => change({ status })} />
      <Choice label={t.state} value={search.probe} options={probeStates} names={t.probes} onChange={(probe) => change({ probe })} />
      <Name label={t.channel} value={search.channel} known={known.channels} onChange={(channel) => change({ channel })} />
      <Name label={t.label} value={search.label} known={known.labels} onChange={(label) => change({ label })} />
      <ConditionFilter datasetId={datasetId} conditions={search.where ?? []} change={(where) => change({ where })} />
      {any !== undefined && (
        <Button
          variant="subtle"
          leftSection={<IconFilterOff size={15} />}
          onClick={() => change({ q: undefined, kind: undefined, status: undefined, probe: undefined, channel: undefined, label: undefined, where: undefined })}
        >
          {t.clearFilters}
        </Button>
      )}
    </search>
  );
});

/** The names that the platform knows of, and those seen on the way. */
function useKnown(datasetId: string, seen: { channels: ReadonlySet<string>; labels: ReadonlySet<string> }) {
  const channels = useQuery(valuesQuery(datasetId, 'channel', ''));
  const labels = useQuery(valuesQuery(datasetId, 'labels', ''));
  const names = (query: typeof channels) => query.data?.data.map(({ value }) => String(value)) ?? [];
  return { channels: new Set([...names(channels), ...seen.channels]), labels: new Set([...names(labels), ...seen.labels]) };
}

const typingMs = 300;

/** Looks for names while one types. */
function NameSearch({ value, onChange }: { value: string | undefined; onChange: (value: string | undefined) => void }) {
  const [text, setText] = useState(value ?? '');
  const commit = useDebouncedCallback((next: string) => onChange(next === '' ? undefined : next), typingMs);
  useEffect(() => setText((now) => (now.trim() === (value ?? '') ? now : (value ?? ''))), [value]);
  return (
    <TextInput
      size="xs"
      type="search"
      className={classes['name'] ?? ''}
      leftSection={<IconSearch size={14} aria-hidden />}
      aria-label={texts.dataset.name}
      placeholder={texts.dataset.namePlaceholder}
      title={texts.dataset.nameHint}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        commit(event.currentTarget.value.trim());
      }}
    />
  );
}

function Choice<T extends string>(props: { label: string; value: T | undefined; options: readonly T[]; names: Record<T, string>; onChange: (value: T | undefined) => void }) {
  const { label, value, options, names, onChange } = props;
  return (
    <NativeSelect
      size="xs"
      className={classes['choice'] ?? ''}
      aria-label={label}
      value={value ?? ''}
      data-set={value !== undefined}
      data={[{ value: '', label: `${label}: ${texts.dataset.any.toLowerCase()}` }, ...options.map((option) => ({ value: option as string, label: names[option] }))]}
      onChange={(event) => onChange(options.find((option) => option === event.currentTarget.value))}
    />
  );
}

/** A name to be typed or chosen of those seen; takes effect when it is chosen, on Enter, or on leaving the field. */
function Name({ label, value, known, onChange }: { label: string; value: string | undefined; known: ReadonlySet<string>; onChange: (value: string | undefined) => void }) {
  const [text, setText] = useState(value ?? '');
  useEffect(() => setText(value ?? ''), [value]);
  const commit = (next: string) => {
    const trimmed = next.trim();
    if (trimmed !== (value ?? '')) onChange(trimmed === '' ? undefined : trimmed);
  };
  return (
    <Autocomplete
      size="xs"
      className={classes['name'] ?? ''}
      aria-label={label}
      placeholder={`${label}: ${texts.dataset.any.toLowerCase()}`}
      value={text}
      data={[...known].toSorted()}
      limit={50}
      onChange={setText}
      onOptionSubmit={commit}
      onBlur={() => commit(text)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') commit(text);
      }}
    />
  );
}
