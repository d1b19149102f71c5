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

/** True for the project that holds the tasks made without one: its metadata say who is called for tasks that name nobody. */
export const hasDefaultCallback = ({ metadata }: Project): boolean => Object.hasOwn(metadata, 'callbackUrl');

/** Whether something can be called: a web address, or an e-mail address. */
export function mayBeCalled(place: string): boolean {
  if (/^[^\s@:/]+@[^\s@:/]+\.[^\s@:/]+$/.test(place)) return true;
  return URL.canParse(place) && /^https?:$/.test(new URL(place).protocol);
}

/** The account's own place for callbacks of tasks that name none. */
export function DefaultCallback({ project }: { project: Project }) {
  const { callbackUrl } = project.metadata;
  const send = async (form: FormData) => {
    const place = field(form, 'callbackUrl');
    if (place !== '' && !mayBeCalled(place)) throw new Error(t.fault);
    await fovea.projects.update(project.id, { metadata: { ...project.metadata, callbackUrl: place } }, { ifMatch: project.revision });
    await refreshProjects();
  };
  return (
    <section className={classes['callback']} aria-labelledby="default-callback">
      <h2 id="default-callback" className={classes['section']}>
        {t.title}
      </h2>
      <EditForm send={send} action={texts.common.save} onDone={() => notify({ tone: 'good', text: texts.common.saved })}>
        {(faults) => (
          <TextInput name="callbackUrl" label={t.place} description={t.hint} placeholder="https://example.com/scale" defaultValue={typeof callbackUrl === 'string' ? callbackUrl : ''} error={faults['metadata']} maxLength={2_000} />
        )}
      </EditForm>
    </section>
  );
}
