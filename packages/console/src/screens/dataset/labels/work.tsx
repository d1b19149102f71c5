import { Button, Group, Progress, Text } from '@mantine/core';
import type { SendProgress } from '@fovea/sdk';
import { fovea } from '../../../api/client.ts';
import { formatBytes } from '../../../ui/format.ts';
import { notifyError } from '../../../ui/notices.ts';
import { formatTexts as t } from '../../../texts-formats.ts';

interface Work {
  id: string;
  status: string;
  done: number;
  total: number | null;
  progress: number;
  message: string | null;
}

/** How far an export or import is, with a way to stop it; before an import, how much of its file has been sent. */
export function WorkProgress({ work, sent }: { work: Work | undefined; sent?: SendProgress | undefined }) {
  if (work === undefined && sent?.totalBytes) return <Sending sentBytes={sent.sentBytes} totalBytes={sent.totalBytes} />;
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

function Sending({ sentBytes, totalBytes }: { sentBytes: number; totalBytes: number }) {
  const text = t.sending(formatBytes(sentBytes), formatBytes(totalBytes));
  return (
    <>
      <Progress value={(100 * sentBytes) / totalBytes} aria-label={text} mt="sm" />
      <Text size="sm" c="dimmed" mt="xs">
        {text}
      </Text>
    </>
  );
}
