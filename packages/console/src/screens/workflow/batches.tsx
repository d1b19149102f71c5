import type { Batch, Project } from '@fovea/contract';
import { NativeSelect, NumberInput, TextInput } from '@mantine/core';
import { IconChecklist } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { fovea } from '../../api/client.ts';
import { datasetsQuery } from '../../api/datasets.ts';
import { roleReaches } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { batchesQuery, recipesQuery, refresh } from '../../api/work.ts';
import { texts } from '../../texts.ts';
import { workTexts } from '../../texts-work.ts';
import { EditForm, field } from '../../ui/edit-form.tsx';
import { ButtonLink, TextLink } from '../../ui/link.tsx';
import { Moment } from '../../ui/moment.tsx';
import { ProjectList } from '../project/project-list.tsx';
import { BatchBar, BatchState } from './parts.tsx';

/** The batches of a project, with what waits for me. */
export function ProjectBatches() {
  const { projectId } = useParams({ from: '/inside/projects/$projectId/batches' });
  const writes = useScope('write');
  return (
    <ProjectList<Batch>
      projectId={projectId}
      title={workTexts.batches.title}
      useRows={(id) => useQuery(batchesQuery(id))}
      icon={IconChecklist}
      empty={{ title: workTexts.batches.emptyTitle, text: workTexts.batches.empty, reader: workTexts.batches.emptyReader }}
      create={workTexts.batches.create}
      mayEdit={(project) => writes && roleReaches(project.role, 'manager')}
      form={(project, _batch, close) => <BatchForm project={project} close={close} />}
      actions={(project) => <WorkLinks project={project} />}
      minWidth={640}
      columns={() => [
        {
          head: workTexts.batches.name,
          main: true,
          cell: (batch) => (
            <TextLink to="/batches/$batchId" params={{ batchId: batch.id }}>
              {batch.name}
            </TextLink>
          ),
        },
        { head: workTexts.batches.status, cell: (batch) => <BatchState status={batch.status} /> },
        { head: workTexts.batches.progress, cell: (batch) => <Progress batch={batch} /> },
        { head: workTexts.batches.due, cell: (batch) => batch.dueAt !== null && <Moment at={batch.dueAt} /> },
        { head: texts.common.created, cell: (batch) => <Moment at={batch.createdAt} /> },
      ]}
    />
  );
}

/** To the next task of the project, to label or to review. */
function WorkLinks({ project }: { project: Project }) {
  const labels = useScope('label');
  if (!labels) return null;
  return (
    <>
      <ButtonLink to="/projects/$projectId/next" params={{ projectId: project.id }} variant="default">
        {workTexts.batches.label}
      </ButtonLink>
      {roleReaches(project.role, 'reviewer') && (
        <ButtonLink to="/projects/$projectId/next" params={{ projectId: project.id }} search={{ review: true }} variant="default">
          {workTexts.batches.reviewNext}
        </ButtonLink>
      )}
    </>
  );
}

function Progress({ batch }: { batch: Batch }) {
  return (
    <>
      <BatchBar batch={batch} />
      <span style={{ color: 'var(--fv-dim)', fontSize: 12 }}>{workTexts.batches.done(batch.counts.completed, batch.counts.total)}</span>
    </>
  );
}

function BatchForm({ project, close }: { project: Project; close: () => void }) {
  const { data: datasets = [] } = useQuery(datasetsQuery(project.id));
  const { data: recipes = [] } = useQuery(recipesQuery(project.id));
  const navigate = useNavigate();
  const send = async (form: FormData): Promise<Batch> => {
    const folder = field(form, 'folder').replace(/\/+$/, '');
    const recipe = field(form, 'recipe');
    const made = await fovea.batches.create({
      project: project.id,
      name: field(form, 'name'),
      dataset: field(form, 'dataset'),
      filter: folder === '' ? {} : { path: { match: `${folder.startsWith('/') ? '' : '/'}${folder}/**` } },
      settings: { people: Number(field(form, 'people') || 1), reviewShare: Number(field(form, 'review') || 0) / 100 },
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
          <TextInput name="name" label={workTexts.batches.name} error={faults['name']} required withAsterisk={false} data-autofocus />
          <NativeSelect name="dataset" label={workTexts.batches.dataset} data={datasets.map((dataset) => ({ value: dataset.id, label: dataset.name }))} required withAsterisk={false} error={faults['dataset']} />
          <TextInput name="folder" label={workTexts.batches.folder} description={workTexts.batches.folderHint} error={faults['filter']} />
          <NativeSelect
            name="recipe"
            label={workTexts.batches.recipe}
            description={workTexts.batches.recipeHint}
            data={[{ value: '', label: workTexts.batches.anyRecipe }, ...recipes.map((recipe) => ({ value: recipe.id, label: recipe.name }))]}
          />
          <NumberInput name="people" label={workTexts.batches.people} description={workTexts.batches.peopleHint} defaultValue={1} min={1} max={20} error={faults['settings.people']} />
          <NumberInput name="review" label={workTexts.batches.review} defaultValue={0} min={0} max={100} error={faults['settings.reviewShare']} />
        </>
      )}
    </EditForm>
  );
}
