import type { Dataset, Project } from '@fovea/contract';
import { Badge } from '@mantine/core';
import { IconDatabase, IconFolders, IconPhoto } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { texts } from '../../texts.ts';
import { formatBytes } from '../../ui/format.ts';
import { Moment } from '../../ui/moment.tsx';
import classes from './home.module.css';

export interface Counts {
  datasets: number;
  items: number;
  bytes: number;
}

/** Adds up datasets by their project. */
export function summarize(datasets: readonly Dataset[]): Map<string, Counts> {
  const sums = new Map<string, Counts>();
  for (const { projectId, itemCount, sizeBytes } of datasets) {
    const sum = sums.get(projectId) ?? { datasets: 0, items: 0, bytes: 0 };
    sums.set(projectId, { datasets: sum.datasets + 1, items: sum.items + itemCount, bytes: sum.bytes + sizeBytes });
  }
  return sums;
}

/** A project on the home page: name, role, counts. */
export function ProjectCard({ project, counts }: { project: Project; counts: Counts | undefined }) {
  return (
    <li className={classes['card']}>
      <div className={classes['head']}>
        <h2 className={classes['name']}>
          {/* The link covers the card. */}
          <Link to="/projects/$projectId" params={{ projectId: project.id }} className={classes['link']}>
            {project.name}
          </Link>
        </h2>
        <Badge variant="default" size="sm" className={classes['role'] ?? ''}>
          {texts.home.role[project.role]}
        </Badge>
      </div>
      <p className={classes['description']}>{project.description}</p>
      <div className={classes['counts']}>
        {counts && (
          <>
            <span>
              <IconFolders size={14} aria-hidden /> {texts.common.datasets(counts.datasets)}
            </span>
            <span>
              <IconPhoto size={14} aria-hidden /> {texts.common.items(counts.items)}
            </span>
            {counts.bytes > 0 && (
              <span>
                <IconDatabase size={14} aria-hidden /> {formatBytes(counts.bytes)}
              </span>
            )}
          </>
        )}
        <span className={classes['changed']}>
          <Moment at={project.updatedAt} />
        </span>
      </div>
    </li>
  );
}
