import type { Project } from '@fovea/contract';
import { Textarea, TextInput } from '@mantine/core';
import { fovea } from '../../api/client.ts';
import { refreshProjects } from '../../api/projects.ts';
import { texts } from '../../texts.ts';
import { EditForm, field } from '../../ui/edit-form.tsx';

/** Creates a project, or changes the one given. */
export function ProjectForm({ project, onDone, onCancel }: { project?: Project; onDone: (project: Project) => void; onCancel: () => void }) {
  const send = async (form: FormData) => {
    const body = { name: field(form, 'name'), description: field(form, 'description') };
    const result = project ? await fovea.projects.update(project.id, body, { ifMatch: project.revision }) : await fovea.projects.create(body);
    await refreshProjects();
    return result;
  };
  return (
    <EditForm send={send} onDone={onDone} onCancel={onCancel} action={project ? texts.common.save : texts.common.create}>
      {(faults) => (
        <>
          <TextInput name="name" label={texts.common.name} placeholder={texts.home.namePlaceholder} defaultValue={project?.name} error={faults['name']} required withAsterisk={false} maxLength={200} data-autofocus />
          <Textarea name="description" label={texts.common.description} defaultValue={project?.description} error={faults['description']} autosize minRows={2} maxRows={8} />
        </>
      )}
    </EditForm>
  );
}
