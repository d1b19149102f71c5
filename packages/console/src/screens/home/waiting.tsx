import type { Project } from '@fovea/contract';
import { IconClipboardCheck } from '@tabler/icons-react';
import { useQueries } from '@tanstack/react-query';
import { roleReaches } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { batchesQuery } from '../../api/work.ts';
import { homeTexts } from '../../texts-home.ts';
import { ButtonLink, TextLink } from '../../ui/link.tsx';
import classes from './home.module.css';

const t = homeTexts.myWork;
/** More are on the page of one's own work. */
const [mostProjects, mostLines] = [20, 4];

/** What waits for the person, in a few lines; nothing where nothing does. */
export function Waiting({ projects }: { projects: readonly Project[] }) {
  const mayLabel = useScope('label');
  const asked = projects.slice(0, mostProjects);
  const batches = useQueries({ queries: asked.map((project) => ({ ...batchesQuery(project.id), enabled: mayLabel })) });
  const lines = asked.flatMap((project, index) =>
    (batches[index]?.data ?? []).flatMap((batch) => {
      const toReview = roleReaches(project.role, 'reviewer') ? batch.counts.submitted : 0;
      return batch.status === 'in_progress' && batch.counts.pending + toReview > 0 ? [{ project, batch, open: batch.counts.pending, toReview }] : [];
    }),
  );
  if (lines.length === 0) return null;
  return (
    <section className={classes['waiting']} aria-label={t.waiting}>
      <h2>
        <IconClipboardCheck size={17} aria-hidden /> {t.waiting}
        <TextLink to="/my-work" size="sm" ml="auto">
          {t.title}
        </TextLink>
      </h2>
      <ul>
        {lines.slice(0, mostLines).map(({ project, batch, open, toReview }) => (
          <li key={batch.id}>
            <TextLink to="/batches/$batchId" params={{ batchId: batch.id }} size="sm" fw={560}>
              {batch.name}
            </TextLink>
            <span className={classes['of']}>{[project.name, open > 0 && t.open(open), toReview > 0 && t.toReview(toReview)].filter(Boolean).join(' · ')}</span>
            {open > 0 && (
              <ButtonLink to="/projects/$projectId/next" params={{ projectId: project.id }} search={{ batch: batch.id }} aria-label={t.labelIn(batch.name)}>
                {t.label}
              </ButtonLink>
            )}
            {toReview > 0 && (
              <ButtonLink to="/projects/$projectId/next" params={{ projectId: project.id }} search={{ batch: batch.id, review: true }} variant="default" aria-label={t.reviewIn(batch.name)}>
                {t.review}
              </ButtonLink>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
