import { Button, Loader } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useMe } from '../../api/session.ts';
import { PageFault } from '../../shell/page-fault.tsx';
import { annotateTexts as t } from '../../texts-annotate.ts';
import { Empty } from '../../ui/empty.tsx';
import { ButtonLink } from '../../ui/link.tsx';
import { Page } from '../../ui/page.tsx';
import { takeNext } from './session/ahead.ts';
import { arrive } from './session/task-queue.ts';

/** Takes the next task of a project or batch and goes to it; says so when there is none. */
export function NextTaskPage() {
  const { projectId } = useParams({ from: '/inside/projects/$projectId/next' });
  const { batch, review = false } = useSearch({ from: '/inside/projects/$projectId/next' });
  const me = useMe();
  const navigate = useNavigate();
  const next = useQuery({
    queryKey: ['next', projectId, batch, review],
    queryFn: () => takeNext({ projectId, batchId: batch, review }, me.user, undefined),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  const found = next.data;
  useEffect(() => {
    if (!found) return;
    arrive(found);
    void navigate({ to: '/tasks/$taskId', params: { taskId: found.task.id }, search: { ...(batch !== undefined && { batch }), ...(review && { review }) }, replace: true });
  }, [found]);
  if (next.error) return <PageFault error={next.error} reset={() => void next.refetch()} />;
  if (found !== null) {
    return (
      <Page title={t.task.next}>
        <Loader aria-label={t.task.finding} />
      </Page>
    );
  }
  const { done } = t.task;
  return (
    <Page title={t.task.next}>
      <Empty
        icon={IconCircleCheck}
        title={done.title}
        action={
          <>
            <Button onClick={() => void next.refetch()} loading={next.isFetching}>
              {done.again}
            </Button>
            <ButtonLink to="/projects/$projectId" params={{ projectId }} variant="subtle">
              {done.home}
            </ButtonLink>
          </>
        }
      >
        {review ? done.review : done.work}
      </Empty>
    </Page>
  );
}
