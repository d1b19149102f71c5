import { itemStatuses, type BodyOf, type Item, type items } from '@fovea/contract';
import { SegmentedControl, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { hasCode } from '../../api/errors.ts';
import { texts } from '../../texts.ts';
import { ErrorText } from '../../ui/error-text.tsx';
import { seenIn } from '../dataset/item-list.ts';
import { changeItem } from './change-item.ts';
import frame from './item.module.css';

/** What people say about an item: status, labels, channel, description. Each is saved when it is left. */
export function AboutForm({ item, mayChange }: { item: Item; mayChange: boolean }) {
  const t = texts.item;
  const save = useMutation({
    // Single fields overwrite nothing else, so they need not be based on a revision.
    mutationFn: (body: BodyOf<typeof items.update>) => changeItem(item, body, { over: true }),
    meta: { quiet: true },
  });
  const known = seenIn(item.datasetId);
  return (
    <section className={frame['section']}>
      <h2 className={frame['heading']}>{t.about}</h2>
      <div className={frame['fields']}>
        <SegmentedControl
          size="xs"
          fullWidth
          aria-label={t.status}
          disabled={!mayChange}
          value={save.isPending && save.variables.status ? save.variables.status : item.status}
          data={itemStatuses.map((value) => ({ value, label: texts.dataset.statuses[value] }))}
          onChange={(value) => save.mutate({ status: value as Item['status'] })}
        />
        <TagsInput
          size="xs"
          label={t.labels}
          {...(mayChange ? { placeholder: t.labelsHint } : {})}
          readOnly={!mayChange}
          value={save.isPending && save.variables.labels ? [...save.variables.labels] : item.labels}
          data={[...known.labels].toSorted()}
          maxTags={100}
          maxLength={200}
          acceptValueOnBlur
          clearable={false}
          onChange={(labels) => save.mutate({ labels })}
        />
        <SavedText label={t.channel} value={item.channel ?? ''} readOnly={!mayChange} save={(value) => save.mutate({ channel: value === '' ? null : value })} />
        <SavedText label={t.description} value={item.description} readOnly={!mayChange} long save={(value) => save.mutate({ description: value })} />
      </div>
      {!hasCode(save.error, 'unauthenticated') && <ErrorText error={save.error} />}
    </section>
  );
}

/** A text that is saved when its field is left, or on Enter where it has one line; Escape brings the old one back. */
function SavedText({ label, value, readOnly, long = false, save }: { label: string; value: string; readOnly: boolean; long?: boolean; save: (value: string) => void }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const commit = () => {
    if (text.trim() !== value) save(text.trim());
  };
  const common = {
    size: 'xs' as const,
    label,
    value: text,
    readOnly,
    onBlur: commit,
    onChange: (event: { currentTarget: { value: string } }) => setText(event.currentTarget.value),
    onKeyDown: (event: { key: string }) => {
      if (event.key === 'Escape') setText(value);
      if (event.key === 'Enter' && !long) commit();
    },
  };
  return long ? <Textarea {...common} autosize minRows={2} maxRows={10} maxLength={10_000} /> : <TextInput {...common} maxLength={200} />;
}
