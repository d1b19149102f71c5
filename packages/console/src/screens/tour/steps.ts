import { datasetsQuery } from '../../api/datasets.ts';
import { projectsQuery } from '../../api/projects.ts';
import { queryClient } from '../../api/query-client.ts';
import { homeTexts } from '../../texts-home.ts';

const { steps: t } = homeTexts.tour;

/** One stop of the tour: where it is, and what is said there. */
export interface TourStep {
  title: string;
  text: string;
  /** The path of its page. */
  path: string;
}

/** The stops of the tour: through the demo project where there is one, else through the one with the largest dataset. None without a project. */
export async function tourSteps(): Promise<TourStep[]> {
  const projects = await queryClient.fetchQuery(projectsQuery);
  const datasets = (await queryClient.fetchQuery(datasetsQuery())).toSorted((a, b) => b.itemCount - a.itemCount);
  const project = projects.find(({ name }) => /demo/i.test(name)) ?? projects.find(({ id }) => id === datasets[0]?.projectId) ?? projects[0];
  if (!project) return [];
  const dataset = datasets.find(({ projectId }) => projectId === project.id);
  return [
    { ...t.project, path: `/projects/${project.id}` },
    ...(dataset ? [{ ...t.dataset, path: `/datasets/${dataset.id}` }] : []),
    { ...t.recipe, path: `/projects/${project.id}/recipes` },
    { ...t.batch, path: `/projects/${project.id}/batches` },
    { ...t.analytics, path: '/analytics' },
    { ...t.mine, path: '/my-work' },
    { ...t.keys, path: '/keys' },
  ];
}
