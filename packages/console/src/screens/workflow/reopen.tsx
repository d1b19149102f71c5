import type { Task } from '@fovea/contract';
import { Button, Modal, Text, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { fovea } from '../../api/client.ts';
import { projectQuery, roleReaches } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { refresh } from '../../api/work.ts';
import { workTexts } from '../../texts-work.ts';
import { EditForm, field } from '../../ui/edit-form.tsx';
import { notify } from '../../ui/notices.ts';

const t = workTexts.reopen;
/** Roles seldom change. */
const freshMs = 300_000;

export interface ReopenProps {
  task: Task;
  /** What the task is called on the page. */
  name?: string;
  /** In the row of a table. */
  quiet?: boolean;
  /** On the page of the task, which is left afterwards: it is for somebody else to do. */
  leaves?: boolean;
}

/** A button that takes completed work back to be done once more; nothing for other tasks, and for those who may not. */
export function Reopen({ task, name, quiet = false, leaves = false }: ReopenProps) {
  const [opened, dialog] = useDisclosure(false);
  const writes = useScope('write');
  const navigate = useNavigate();
  const { data: project } = useQuery({ ...projectQuery(task.projectId), staleTime: freshMs });
  if (task.status !== 'completed' || !writes || !project || !roleReaches(project.role, 'manager')) return null;
  const send = async (form: FormData) => {
    const comment = field(form, 'comment');
    await fovea.tasks.reopen(task.id, comment === '' ? {} : { comment });
    await refresh('tasks', 'batches');
  };
  return (
    <>
      <Button {...(quiet ? { size: 'xs', variant: 'subtle' } : { variant: 'default' })} aria-label={name === undefined ? t.action : t.named(name)} onClick={dialog.open}>
        {t.action}
      </Button>
      <Modal opened={opened} onClose={dialog.close} title={t.title}>
        <EditForm
          send={send}
          action={t.action}
          onCancel={dialog.close}
          onDone={() => {
            dialog.close();
            notify({ tone: 'good', text: t.done });
            if (leaves) void (task.batchId === null ? navigate({ to: '/projects/$projectId', params: { projectId: task.projectId } }) : navigate({ to: '/batches/$batchId', params: { batchId: task.batchId } }));
          }}
        >
          {(faults) => (
            <>
              <Text size="sm">{t.what}</Text>
              <Textarea name="comment" label={t.comment} error={faults['comment']} autosize minRows={3} maxLength={10_000} data-autofocus />
            </>
          )}
        </EditForm>
      </Modal>
    </>
  );
}
