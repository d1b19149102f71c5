import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { itemStatuses, mediaKinds, probeStates } from '@fovea/contract';
import { conditionsOf } from './api/conditions.ts';
import type { ItemSearch } from './api/item-filter.ts';
import type { AuditSearch } from './api/product.ts';
import { queryClient } from './api/query-client.ts';
import { sessionQuery } from './api/session.ts';
import { PageFault } from './shell/page-fault.tsx';
import { NotFound } from './shell/not-found.tsx';
import { Shell } from './shell/shell.tsx';

const root = createRootRoute({ component: Outlet, notFoundComponent: Lost, errorComponent: PageFault });

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const oneOf = <T extends string>(allowed: readonly T[], value: unknown): T | undefined => allowed.find((one) => one === value);
/** A day such as `2026-01-31`. */
const day = (value: unknown): string | undefined => (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined);
/** Leaves out what is undefined, so that addresses stay short. */
const given = <T extends object>(search: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: NonNullable<T[K]> };

const signInRoute = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>) => given({ next: text(search['next']), ended: search['ended'] === true ? true : undefined }),
  beforeLoad: async ({ search }) => {
    if (await queryClient.ensureQueryData(sessionQuery)) throw redirect({ href: localPath(search.next), replace: true });
  },
  component: lazyRouteComponent(() => import('./screens/sign-in/sign-in.tsx'), 'SignIn'),
});

/** Everything behind the sign-in page. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  beforeLoad: async ({ location }) => {
    const me = await queryClient.ensureQueryData(sessionQuery);
    if (!me) throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { next: location.href }, replace: true });
  },
  component: Shell,
});

const homeRoute = createRoute({
  getParentRoute: () => inside,
  path: '/',
  component: lazyRouteComponent(() => import('./screens/home/home.tsx'), 'Home'),
});

const projectRoute = createRoute({
  getParentRoute: () => inside,
  path: '/projects/$projectId',
  component: lazyRouteComponent(() => import('./screens/project/datasets.tsx'), 'ProjectDatasets'),
});

const membersRoute = createRoute({
  getParentRoute: () => inside,
  path: '/projects/$projectId/members',
  component: lazyRouteComponent(() => import('./screens/project/members.tsx'), 'ProjectMembers'),
});

const itemSearch = (search: Record<string, unknown>): ItemSearch =>
  given({
    q: text(search['q']),
    kind: oneOf(mediaKinds, search['kind']),
    status: oneOf(itemStatuses, search['status']),
    probe: oneOf(probeStates, search['probe']),
    channel: text(search['channel']),
    label: text(search['label']),
    folder: text(search['folder']),
    where: conditionsOf(search['where']),
  });

const datasetRoute = createRoute({
  getParentRoute: () => inside,
  path: '/datasets/$datasetId',
  validateSearch: itemSearch,
  component: lazyRouteComponent(() => import('./screens/dataset/dataset.tsx'), 'DatasetPage'),
});

const itemRoute = createRoute({
  getParentRoute: () => inside,
  path: '/items/$itemId',
  validateSearch: itemSearch,
  component: lazyRouteComponent(() => import('./screens/item/item.tsx'), 'ItemPage'),
});

const taskSearch = (search: Record<string, unknown>) => given({ batch: text(search['batch']), review: search['review'] === true ? true : undefined });

/** Takes the next task of a project, or of one batch, and goes to it. */
const nextTaskRoute = createRoute({
  getParentRoute: () => inside,
  path: '/projects/$projectId/next',
  validateSearch: taskSearch,
  component: lazyRouteComponent(() => import('./screens/annotate/next-page.tsx'), 'NextTaskPage'),
});

/** Pages that have the whole window to themselves. */
const workplace = createRoute({
  getParentRoute: () => root,
  id: 'workplace',
  beforeLoad: async ({ location }) => {
    if (!(await queryClient.ensureQueryData(sessionQuery))) throw redirect({ to: '/sign-in', search: { next: location.href }, replace: true });
  },
  component: Workplace,
});

const annotateItemRoute = createRoute({
  getParentRoute: () => workplace,
  path: '/items/$itemId/annotate',
  component: lazyRouteComponent(() => import('./screens/annotate/pages.tsx'), 'AnnotateItemPage'),
});

const taskRoute = createRoute({
  getParentRoute: () => workplace,
  path: '/tasks/$taskId',
  validateSearch: taskSearch,
  component: lazyRouteComponent(() => import('./screens/annotate/pages.tsx'), 'AnnotateTaskPage'),
});

const profilesRoute = createRoute({
  getParentRoute: () => inside,
  path: '/projects/$projectId/profiles',
  component: lazyRouteComponent(() => import('./screens/profiles/profiles.tsx'), 'ProjectProfiles'),
});

const profileRoute = createRoute({
  getParentRoute: () => inside,
  path: '/profiles/$profileId',
  component: lazyRouteComponent(() => import('./screens/profiles/profile.tsx'), 'ProfilePage'),
});

const projectUsageRoute = createRoute({
  getParentRoute: () => inside,
  path: '/projects/$projectId/usage',
  component: lazyRouteComponent(() => import('./screens/usage/project-usage.tsx'), 'ProjectUsagePage'),
});

const usageRoute = createRoute({
  getParentRoute: () => inside,
  path: '/usage',
  component: lazyRouteComponent(() => import('./screens/usage/usage.tsx'), 'OrganizationUsage'),
});

const auditRoute = createRoute({
  getParentRoute: () => inside,
  path: '/audit',
  validateSearch: (search: Record<string, unknown>): AuditSearch => given({ actor: text(search['actor']), what: text(search['what']), project: text(search['project']), from: day(search['from']), to: day(search['to']) }),
  component: lazyRouteComponent(() => import('./screens/audit/audit.tsx'), 'Audit'),
});

const myWorkRoute = createRoute({
  getParentRoute: () => inside,
  path: '/my-work',
  component: lazyRouteComponent(() => import('./screens/my-work/my-work.tsx'), 'MyWork'),
});

const keysRoute = createRoute({
  getParentRoute: () => inside,
  path: '/keys',
  component: lazyRouteComponent(() => import('./screens/keys/keys.tsx'), 'Keys'),
});

const usersRoute = createRoute({
  getParentRoute: () => inside,
  path: '/users',
  component: lazyRouteComponent(() => import('./screens/users/users.tsx'), 'Users'),
});

const accountRoute = createRoute({
  getParentRoute: () => inside,
  path: '/account',
  component: lazyRouteComponent(() => import('./screens/account/account.tsx'), 'Account'),
});

const batchesRoute = createRoute({
  getParentRoute: () => inside,
  path: '/projects/$projectId/batches',
  component: lazyRouteComponent(() => import('./screens/workflow/batches.tsx'), 'ProjectBatches'),
});

const batchRoute = createRoute({
  getParentRoute: () => inside,
  path: '/batches/$batchId',
  component: lazyRouteComponent(() => import('./screens/workflow/batch.tsx'), 'BatchPage'),
});

const reviewRoute = createRoute({
  getParentRoute: () => inside,
  path: '/projects/$projectId/review',
  component: lazyRouteComponent(() => import('./screens/workflow/review.tsx'), 'ProjectReview'),
});

const qualityRoute = createRoute({
  getParentRoute: () => inside,
  path: '/projects/$projectId/quality',
  component: lazyRouteComponent(() => import('./screens/quality/quality.tsx'), 'ProjectQuality'),
});

const recipesRoute = createRoute({
  getParentRoute: () => inside,
  path: '/projects/$projectId/recipes',
  component: lazyRouteComponent(() => import('./screens/workflow/recipes.tsx'), 'ProjectRecipes'),
});

const jobsRoute = createRoute({
  getParentRoute: () => inside,
  path: '/projects/$projectId/jobs',
  component: lazyRouteComponent(() => import('./screens/workflow/jobs.tsx'), 'ProjectJobs'),
});

const jobRoute = createRoute({
  getParentRoute: () => inside,
  path: '/jobs/$jobId',
  component: lazyRouteComponent(() => import('./screens/workflow/job.tsx'), 'JobPage'),
});

const analyticsRoute = createRoute({
  getParentRoute: () => inside,
  path: '/analytics',
  component: lazyRouteComponent(() => import('./screens/workflow/analytics.tsx'), 'Analytics'),
});

const analyticRoute = createRoute({
  getParentRoute: () => inside,
  path: '/analytics/$owner/$name',
  component: lazyRouteComponent(() => import('./screens/workflow/analytic.tsx'), 'AnalyticPage'),
});

const versionsRoute = createRoute({
  getParentRoute: () => inside,
  path: '/datasets/$datasetId/versions',
  component: lazyRouteComponent(() => import('./screens/workflow/versions.tsx'), 'DatasetVersions'),
});

const webhooksRoute = createRoute({
  getParentRoute: () => inside,
  path: '/projects/$projectId/webhooks',
  component: lazyRouteComponent(() => import('./screens/workflow/webhooks.tsx'), 'ProjectWebhooks'),
});

/** Nothing but the page. While the router leads to the sign-in page: nothing at all. */
function Workplace() {
  const { data: me } = useQuery(sessionQuery);
  return <main id="content">{me && <Outlet />}</main>;
}

/** An address outside every page, and so outside the shell. */
function Lost() {
  return (
    <main>
      <NotFound />
    </main>
  );
}

/** Only paths of this console: what stands in an address must not lead elsewhere. */
export function localPath(path: string | undefined): string {
  return path !== undefined && /^\/(?![/\\])/.test(path) && !path.startsWith('/sign-in') ? path : '/';
}

export const router = createRouter({
  routeTree: root.addChildren([
    signInRoute,
    inside.addChildren([homeRoute, projectRoute, membersRoute, datasetRoute, itemRoute, nextTaskRoute, batchesRoute, batchRoute, reviewRoute, qualityRoute, recipesRoute, jobsRoute, jobRoute, analyticsRoute, analyticRoute, versionsRoute, webhooksRoute, profilesRoute, profileRoute, projectUsageRoute, usageRoute, auditRoute, myWorkRoute, keysRoute, usersRoute, accountRoute]),
    workplace.addChildren([annotateItemRoute, taskRoute]),
  ]),
  defaultPreload: 'intent',
  defaultErrorComponent: PageFault,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
