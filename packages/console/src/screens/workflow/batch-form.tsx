import type { Batch, Dataset, Filter, Project } from '@fovea/contract';
import { Checkbox, MultiSelect, NativeSelect, NumberInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { fovea } from '../../api/client.ts';
import { datasetsQuery } from '../../api/datasets.ts';
import { membersQuery } from '../../api/projects.ts';
import { assignmentsQuery, recipesQuery, refresh } from '../../api/work.ts';
import { texts } from '../../texts.ts';
import { workTexts } from '../../texts-work.ts';
import { EditForm, field } from '../../ui/edit-form.tsx';
import { localTime, toIso } from '../../ui/format.ts';

const t = workTexts.batches;

/** Items of the dataset that is looked at: those that are shown or chosen, and how that is called. */
export interface BatchSource {
  readonly dataset: Dataset;
  readonly filter: Filter;
  readonly only: string;
}

/** What a batch hands out, to whom, and how the work is checked. */
export function NewBatchForm({ project, from, close }: { project: Project; from?: BatchSource; close: () => void }) {
  const { data: recipes = [] } = useQuery(recipesQuery(project.id));
  const [people, setPeople] = useState<readonly string[]>([]);
  const navigate = useNavigate();
  const send = async (form: FormData): Promise<Batch> => {
    const recipe = field(form, 'recipe');
    const made = await fovea.batches.create({
      project: project.id,
      name: field(form, 'name'),
      dataset: from?.dataset.id ?? field(form, 'dataset'),
      filter: from ? (form.get('filtered') === null ? {} : from.filter) : inFolder(field(form, 'folder')),
      settings: { people: Number(field(form, 'people') || 1), reviewShare: shareOf(form) },
      dueAt: toIso(field(form, 'due')),
      priority: Number(field(form, 'priority') || 0),
      assignments: sharesOf(people),
      ...(recipe === '' ? {} : { recipe }),
    });
    await refresh('batches');
    return made;
  };
  return (
    <EditForm
      send={send}
      action={texts.common.create}
      onCancel={close}
      onDone={(batch) => {
        close();
        void navigate({ to: '/batches/$batchId', params: { batchId: batch.id } });
      }}
    >
      {(faults) => (
        <>
          <TextInput name="name" label={t.name} error={faults['name']} required withAsterisk={false} maxLength={200} data-autofocus />
          {from ? <OfDataset from={from} /> : <AnyDataset project={project} faults={faults} />}
          <NativeSelect name="recipe" label={t.recipe} description={t.recipeHint} data={[{ value: '', label: t.anyRecipe }, ...recipes.map((recipe) => ({ value: recipe.id, label: recipe.name }))]} />
          <NumberInput name="people" label={t.people} description={t.peopleHint} defaultValue={1} min={1} max={20} error={faults['settings.people']} />
          <Review share={0} faults={faults} />
          <People project={project} chosen={people} change={setPeople} />
          <Timing faults={faults} />
        </>
      )}
    </EditForm>
  );
}

/** All items of the dataset, or those that its filters find. */
function OfDataset({ from }: { from: BatchSource }) {
  return Object.keys(from.filter).length > 0 && <Checkbox name="filtered" label={from.only} defaultChecked />;
}

function AnyDataset({ project, faults }: { project: Project; faults: Faults }) {
  const { data: datasets = [] } = useQuery(datasetsQuery(project.id));
  return (
    <>
      <NativeSelect name="dataset" label={t.dataset} data={datasets.map((dataset) => ({ value: dataset.id, label: dataset.name }))} required withAsterisk={false} error={faults['dataset']} />
      <TextInput name="folder" label={t.folder} description={t.folderHint} error={faults['filter']} />
    </>
  );
}

function inFolder(folder: string): Filter {
  const path = folder.replace(/\/+$/, '');
  return path === '' ? {} : { path: { match: `${path.startsWith('/') ? '' : '/'}${path}/**` } };
}

/** What may be changed of a batch that exists. */
export function EditBatchForm({ project, batch, close }: { project: Project; batch: Batch; close: () => void }) {
  const { data: assignments } = useQuery(assignmentsQuery(batch.id));
  const assigned = assignments?.filter(({ load }) => load !== null).map(({ email }) => email);
  const [chosen, setChosen] = useState<readonly string[]>();
  const send = async (form: FormData): Promise<Batch> => {
    const changed = await fovea.batches.update(
      batch.id,
      { name: field(form, 'name'), dueAt: toIso(field(form, 'due')), priority: Number(field(form, 'priority') || 0), settings: { ...batch.settings, reviewShare: shareOf(form) } },
      { ifMatch: batch.revision },
    );
    if (chosen && chosen.toSorted().join() !== (assigned ?? []).toSorted().join()) await fovea.batches.assign(batch.id, { assignments: sharesOf(chosen) });
    await refresh('batches', 'tasks');
    return changed;
  };
  return (
    <EditForm send={send} action={texts.common.save} onCancel={close} onDone={close}>
      {(faults) => (
        <>
          <TextInput name="name" label={t.name} defaultValue={batch.name} error={faults['name']} required withAsterisk={false} maxLength={200} data-autofocus />
          <Review share={batch.settings.reviewShare} faults={faults} />
          <People project={project} chosen={chosen ?? assigned ?? []} change={setChosen} />
          <Timing batch={batch} faults={faults} />
        </>
      )}
    </EditForm>
  );
}

type Faults = Readonly<Record<string, string>>;

function Review({ share, faults }: { share: number; faults: Faults }) {
  return <NumberInput name="review" label={t.review} defaultValue={Math.round(share * 100)} min={0} max={100} error={faults['settings.reviewShare']} />;
}

function Timing({ batch, faults }: { batch?: Batch; faults: Faults }) {
  const dueAt = batch?.dueAt ?? null;
  return (
    <>
      <TextInput name="due" type="datetime-local" label={t.due} defaultValue={dueAt === null ? '' : localTime(dueAt)} error={faults['dueAt']} />
      <NumberInput name="priority" label={t.priority} description={t.priorityHint} defaultValue={batch?.priority ?? 0} min={-1_000} max={1_000} allowDecimal={false} error={faults['priority']} />
    </>
  );
}

/** Members who get equal shares of the tasks. */
function People({ project, chosen, change }: { project: Project; chosen: readonly string[]; change: (chosen: readonly string[]) => void }) {
  const { data: members = [] } = useQuery(membersQuery(project.id));
  const offered = [...new Set([...members.map(({ email }) => email), ...chosen])];
  return <MultiSelect label={t.assigned} description={t.assignedHint} data={offered} value={[...chosen]} onChange={change} searchable clearable comboboxProps={{ withinPortal: true }} />;
}

const shareOf = (form: FormData) => Number(field(form, 'review') || 0) / 100;

/** Everybody gets the same, in percent. */
const sharesOf = (people: readonly string[]) => people.map((email) => ({ email, load: 100 / people.length }));
