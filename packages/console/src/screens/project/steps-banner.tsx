import type { Project } from '@fovea/contract';
import { Button, CloseButton } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { IconRoute } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { datasetsQuery } from '../../api/datasets.ts';
import { roleReaches } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { batchesQuery, recipesQuery, versionsQuery } from '../../api/work.ts';
import { stepTexts as t } from '../../texts-steps.ts';
import { nextStep, stepCount } from './first-steps.ts';
import classes from './steps-banner.module.css';

/** What whoever sets a project up does next; gone for good once all is done, or when it is hidden. */
export function StepsBanner({ project }: { project: Project }) {
  const [isOver, setOver] = useLocalStorage({ key: `fovea.steps.${project.id}`, defaultValue: false, getInitialValueInEffect: false });
  const mayDo = useScope('write') && roleReaches(project.role, 'manager');
  return mayDo && !isOver ? <Steps projectId={project.id} end={() => setOver(true)} /> : null;
}

function Steps({ projectId, end }: { projectId: string; end: () => void }) {
  const { data: datasets } = useQuery(datasetsQuery(projectId));
  const { data: recipes } = useQuery(recipesQuery(projectId));
  const { data: batches } = useQuery(batchesQuery(projectId));
  const largest = datasets?.toSorted((a, b) => b.itemCount - a.itemCount)[0];
  const { data: versions } = useQuery({ ...versionsQuery(largest?.id ?? ''), enabled: largest !== undefined });
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const isKnown = datasets !== undefined && recipes !== undefined && batches !== undefined && (largest === undefined || versions !== undefined);
  const step = isKnown ? nextStep({ projectId, datasets, recipes: recipes.length, batches, versions: versions?.length ?? 0 }) : undefined;
  const isDone = isKnown && !step;
  useEffect(() => {
    if (isDone) end();
  }, [isDone]);
  if (!step) return null;
  const [what, how] = t.steps[step.name];
  return (
    <aside className={classes['banner']} aria-label={t.title}>
      <IconRoute size={18} aria-hidden />
      <span className={classes['dots']} role="img" aria-label={t.of(step.done, stepCount)}>
        {Array.from({ length: stepCount }, (_, index) => (
          <span key={index} data-state={index < step.done ? 'done' : index === step.done ? 'now' : 'later'} />
        ))}
      </span>
      <p>
        <strong>{what}</strong>: {how}
      </p>
      {/* Where one is already, the button of the page itself is the next. */}
      {step.path !== pathname && (
        <Button
          component="a"
          size="xs"
          href={step.path}
          aria-label={t.goFor(what)}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
            event.preventDefault();
            void navigate({ href: step.path });
          }}
        >
          {t.go}
        </Button>
      )}
      <CloseButton size="sm" aria-label={t.hide} onClick={end} />
    </aside>
  );
}
