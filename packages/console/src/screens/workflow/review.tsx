import { IconChecks } from '@tabler/icons-react';
import { useParams } from '@tanstack/react-router';
import { roleReaches, type Project } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { workTexts } from '../../texts-work.ts';
import { Empty } from '../../ui/empty.tsx';
import { ButtonLink } from '../../ui/link.tsx';
import { ProjectPage } from '../project/project-page.tsx';
import { WaitingForReview } from './task-list.tsx';

const t = workTexts.review;

/** The review queue of a project: what was handed in and waits for somebody to look at it. */
export function ProjectReview() {
  const { projectId } = useParams({ from: '/inside/projects/$projectId/review' });
  const labels = useScope('label');
  const reviews = (project: Project) => roleReaches(project.role, 'reviewer');
  return (
    <ProjectPage
      projectId={projectId}
      part={t.title}
      actions={(project) =>
        labels &&
        reviews(project) && (
          <ButtonLink to="/projects/$projectId/next" params={{ projectId }} search={{ review: true }}>
            {t.start}
          </ButtonLink>
        )
      }
    >
      {(project) => {
        const empty = (
          <Empty icon={IconChecks} title={t.emptyTitle}>
            {t.empty}
          </Empty>
        );
        return reviews(project) ? <WaitingForReview project={project} empty={empty} /> : <Empty icon={IconChecks}>{t.notReviewer}</Empty>;
      }}
    </ProjectPage>
  );
}
