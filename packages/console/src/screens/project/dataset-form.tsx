import type { Dataset } from '@fovea/contract';
import { NativeSelect, NumberInput, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { fovea } from '../../api/client.ts';
import { refreshDatasets } from '../../api/datasets.ts';
import { recipesQuery } from '../../api/work.ts';
import { texts } from '../../texts.ts';
import { EditForm, field } from '../../ui/edit-form.tsx';

/** Creates a dataset in a project, or changes the one given. */
export function DatasetForm(props: { projectId: string; dataset?: Dataset; onDone: (dataset: Dataset) => void; onCancel: () => void }) {
  const { projectId, dataset, onDone, onCancel } = props;
  const { data: recipes } = useQuery(recipesQuery(projectId));
  const send = async (form: FormData) => {
    const days = field(form, 'itemDays').replaceAll(',', '');
    const body = { name: field(form, 'name'), description: field(form, 'description'), itemDays: days === '' ? null : Number(days) };
    const recipeId = field(form, 'recipe') || null;
    const result = dataset ? await fovea.datasets.update(dataset.id, { ...body, ...(recipes && recipes.length > 0 && { recipeId }) }, { ifMatch: dataset.revision }) : await create({ ...body, project: projectId }, recipeId);
    await refreshDatasets();
    return result;
  };
  return (
    <EditForm send={send} onDone={onDone} onCancel={onCancel} action={dataset ? texts.common.save : texts.common.create}>
      {(faults) => (
        <>
          <TextInput name="name" label={texts.project.datasetName} placeholder={texts.project.datasetPlaceholder} defaultValue={dataset?.name} error={faults['name']} required withAsterisk={false} maxLength={200} data-autofocus />
          <Textarea name="description" label={texts.common.description} defaultValue={dataset?.description} error={faults['description']} autosize minRows={2} maxRows={8} />
          {recipes && recipes.length > 0 && (
            <NativeSelect
              name="recipe"
              label={texts.project.recipe}
              description={texts.project.recipeHint}
              defaultValue={dataset?.recipeId ?? ''}
              data={[{ value: '', label: texts.common.none }, ...recipes.map(({ id, name }) => ({ value: id, label: name }))]}
              error={faults['recipeId']}
            />
          )}
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

/** A dataset is made without a recipe, and given one then. */
async function create(body: Parameters<typeof fovea.datasets.create>[0], recipeId: string | null): Promise<Dataset> {
  const made = await fovea.datasets.create(body);
  return recipeId === null ? made : fovea.datasets.update(made.id, { recipeId });
}
