import { Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { fovea } from '../../../api/client.ts';
import { datasetsQuery } from '../../../api/datasets.ts';
import { bulkTexts as t } from '../../../texts-bulk.ts';
import { EditForm, field } from '../../../ui/edit-form.tsx';
import { notify } from '../../../ui/notices.ts';
import type { BulkWork } from './bulk-work.ts';
import type { BulkScope } from './scope.ts';

/** Copies many items into a new dataset, or into one that is there; no byte is copied. */
export function CloneForm({ scope, work, close, onDone }: { scope: BulkScope; work: BulkWork; close: () => void; onDone: () => void }) {
  const { dataset, filter, project } = scope;
  const { data: datasets = [] } = useQuery(datasetsQuery(project.id));
  const [into, setInto] = useState('');
  const navigate = useNavigate();
  const send = async (form: FormData) => {
    const copied = { filter, withMetadata: form.get('metadata') !== null, withAnnotations: form.get('annotations') !== null };
    const command = await fovea.datasets.clone(dataset.id, into === '' ? { name: field(form, 'name'), ...copied } : { into, ...copied });
    const open = (datasetId: string) => void navigate({ to: '/datasets/$datasetId', params: { datasetId } });
    work.follow(command, ({ done, subjectId }) => notify({ tone: 'good', text: t.cloned(done), ...(subjectId !== null && { action: { label: t.open, run: () => open(subjectId) } }) }));
  };
  return (
    <EditForm send={send} action={t.cloneAction} onCancel={close} onDone={onDone}>
      {(faults) => (
        <>
          <NativeSelect
            label={t.into}
            value={into}
            data={[{ value: '', label: t.intoNew }, ...datasets.filter(({ id }) => id !== dataset.id).map(({ id, name }) => ({ value: id, label: name }))]}
            onChange={(event) => setInto(event.currentTarget.value)}
            data-autofocus
          />
          {into === '' && <TextInput name="name" label={t.name} error={faults['name']} required withAsterisk={false} maxLength={200} />}
          <Checkbox name="metadata" label={t.withMetadata} defaultChecked />
          <Checkbox name="annotations" label={t.withAnnotations} defaultChecked />
        </>
      )}
    </EditForm>
  );
}
