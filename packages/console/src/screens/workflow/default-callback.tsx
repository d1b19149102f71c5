import type { Project } from '@fovea/contract';
import { TextInput } from '@mantine/core';
import { fovea } from '../../api/client.ts';
import { refreshProjects } from '../../api/projects.ts';
import { texts } from '../../texts.ts';
import { workTexts } from '../../texts-work.ts';
import { EditForm, field } from '../../ui/edit-form.tsx';
import { notify } from '../../ui/notices.ts';
import classes from './workflow.module.css';

const t = workTexts.callback;

/** Whether something can be called: a web address, or an e-mail address. */
export function mayBeCalled(place: string): boolean {
  if (/^[^\s@:/]+@[^\s@:/]+\.[^\s@:/]+$/.test(place)) return true;
  return URL.canParse(place) && /^https?:$/.test(new URL(place).protocol);
}

/** Who is called for tasks of a project that name nobody. */
export function DefaultCallback({ project }: { project: Project }) {
  const send = async (form: FormData) => {
    const place = field(form, 'callbackUrl');
    if (place !== '' && !mayBeCalled(place)) throw new Error(t.fault);
    await fovea.projects.update(project.id, { callbackUrl: place === '' ? null : place }, { ifMatch: project.revision });
    await refreshProjects();
  };
  return (
    <section className={classes['callback']} aria-labelledby="default-callback">
      <h2 id="default-callback" className={classes['section']}>
        {t.title}
      </h2>
      <EditForm send={send} action={texts.common.save} onDone={() => notify({ tone: 'good', text: texts.common.saved })}>
        {(faults) => (
          <TextInput name="callbackUrl" label={t.place} description={t.hint} placeholder="https://example.com/tasks" defaultValue={project.callbackUrl ?? ''} error={faults['callbackUrl']} maxLength={2_000} />
        )}
      </EditForm>
    </section>
  );
}
