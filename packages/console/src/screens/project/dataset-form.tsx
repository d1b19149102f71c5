import type { Dataset } from '@fovea/contract';
import { NumberInput, Textarea, TextInput } from '@mantine/core';
import { fovea } from '../../api/client.ts';
import { refreshDatasets } from '../../api/datasets.ts';
import { texts } from '../../texts.ts';
import { EditForm, field } from '../../ui/edit-form.tsx';

/** Creates a dataset in a project, or changes the one given. */
export function DatasetForm(props: { projectId: string; dataset?: Dataset; onDone: (dataset: Dataset) => void; onCancel: () => void }) {
  const { projectId, dataset, onDone, onCancel } = props;
  const send = async (form: FormData) => {
    const days = field(form, 'itemDays').replaceAll(',', '');
    const body = { name: field(form, 'name'), description: field(form, 'description'), itemDays: days === '' ? null : Number(days) };
    const result = dataset ? await fovea.datasets.update(dataset.id, body, { ifMatch: dataset.revision }) : await fovea.datasets.create({ ...body, project: projectId });
    await refreshDatasets();
    return result;
  };
  return (
    <EditForm send={send} onDone={onDone} onCancel={onCancel} action={dataset ? texts.common.save : texts.common.create}>
      {(faults) => (
        <>
          <TextInput name="name" label={texts.project.datasetName} placeholder={texts.project.datasetPlaceholder} defaultValue={dataset?.name} error={faults['name']} required withAsterisk={false} maxLength={200} data-autofocus />
          <Textarea name="description" label={texts.common.description} defaultValue={dataset?.description} error={faults['description']} autosize minRows={2} maxRows={8} />
          <NumberInput
            name="itemDays"
            label={texts.project.itemDays}
            description={texts.project.itemDaysHint}
            size="sm"
            min={1}
            max={36_500}
            allowDecimal={false}
            thousandSeparator=","
            defaultValue={dataset?.itemDays ?? ''}
            error={faults['itemDays']}
          />
        </>
      )}
    </EditForm>
  );
}
