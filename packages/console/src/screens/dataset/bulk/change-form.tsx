import { itemStatuses, type Command, type ItemBulkChange } from '@fovea/contract';
import { NativeSelect, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { fovea } from '../../../api/client.ts';
import { texts } from '../../../texts.ts';
import { bulkTexts as t } from '../../../texts-bulk.ts';
import { EditForm, field } from '../../../ui/edit-form.tsx';
import { parseMetadata } from '../../item/metadata-text.ts';
import { seenIn } from '../item-list.ts';
import type { BulkScope } from './scope.ts';

/** What takes a value away, where an empty field leaves it. */
const none = '-';

/** Changes fields of many items; what is left empty stays as it is. */
export function ChangeForm({ scope, close, onStarted }: { scope: BulkScope; close: () => void; onStarted: (command: Command) => void }) {
  const [add, setAdd] = useState<string[]>([]);
  const [remove, setRemove] = useState<string[]>([]);
  const known = [...seenIn(scope.dataset.id).labels].toSorted();
  const send = async (form: FormData) => {
    const change = changeOf(form, add, remove);
    if (Object.keys(change).length === 0) throw new Error(t.nothing);
    return fovea.items.updateMany(scope.dataset.id, { filter: scope.filter, change });
  };
  const labels = { description: t.labelsHint, data: known, maxTags: 100, maxLength: 200, acceptValueOnBlur: true, clearable: false };
  return (
    <EditForm send={send} action={t.apply} onCancel={close} onDone={onStarted}>
      {(faults) => (
        <>
          <NativeSelect name="status" label={t.status} data={[{ value: '', label: t.unchanged }, ...itemStatuses.map((value) => ({ value, label: texts.dataset.statuses[value] }))]} data-autofocus />
          <TagsInput label={t.addLabels} {...labels} value={add} onChange={setAdd} error={faults['change.addLabels']} />
          <TagsInput label={t.removeLabels} {...labels} value={remove} onChange={setRemove} error={faults['change.removeLabels']} />
          <TextInput name="channel" label={t.channel} description={t.channelHint} maxLength={200} error={faults['change.channel']} />
          <Textarea name="metadata" label={t.metadata} description={t.metadataHint} autosize minRows={2} maxRows={10} spellCheck={false} error={faults['change.mergeMetadata'] ?? faults['change.metadata']} />
          <TextInput name="expires" label={t.expires} description={t.expiresHint} error={faults['change.expiresAt']} />
        </>
      )}
    </EditForm>
  );
}

function changeOf(form: FormData, addLabels: string[], removeLabels: string[]): ItemBulkChange {
  const [status, channel, expires, json] = [field(form, 'status'), field(form, 'channel'), field(form, 'expires'), field(form, 'metadata')];
  const { metadata, fault } = parseMetadata(json);
  if (fault !== undefined) throw new Error(fault);
  const chosen = itemStatuses.find((one) => one === status);
  return {
    ...(chosen && { status: chosen }),
    ...(addLabels.length > 0 && { addLabels }),
    ...(removeLabels.length > 0 && { removeLabels }),
    ...(channel !== '' && { channel: channel === none ? null : channel }),
    ...(json !== '' && metadata && { mergeMetadata: metadata as NonNullable<ItemBulkChange['mergeMetadata']> }),
    ...(expires !== '' && { expiresAt: expires === none ? null : expires }),
  };
}
