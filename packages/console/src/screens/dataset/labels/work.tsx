import { Button, Group, Progress, Text } from '@mantine/core';
import { fovea } from '../../../api/client.ts';
import { notifyError } from '../../../ui/notices.ts';
import { formatTexts as t } from '../../../texts-formats.ts';

/** How far an export or import is, with a way to stop it. */
export function WorkProgress({ work }: { work: { id: string; status: string; done: number; total: number | null; progress: number; message: string | null } | undefined }) {
  const stop = (id: string) => void fovea.commands.cancel(id).catch(notifyError);
  return (
    <>
      <Progress value={work?.total ? work.progress * 100 : 100} animated aria-label={t.working(work?.done ?? 0, work?.total ?? null)} mt="sm" />
      <Group justify="space-between" mt="xs">
        <Text size="sm" c="dimmed" role="status">
          {work === undefined || work.status === 'queued' ? t.waiting : (work.message ?? t.working(work.done, work.total))}
        </Text>
        {work && (
          <Button variant="default" size="xs" onClick={() => stop(work.id)}>
            {t.stop}
          </Button>
        )}
      </Group>
    </>
  );
}
