import { analytics, jobs, profiles, type Job } from '@fovea/contract';
import type { WhenMade } from '../engines/database/database.ts';
import { bodyStream } from '../http/body.ts';
import { route, type Route } from '../http/context.ts';
import { sendFile } from '../http/send-file.ts';
import type { AnalyticsService } from './analytics/service.ts';
import { toAnalytic } from './analytics/store.ts';
import type { JobLinks } from './jobs/links.ts';
import type { JobsService } from './jobs/service.ts';
import { toJob, type StoredJob } from './jobs/store.ts';
import type { ProfilesService } from './profiles/service.ts';
import { toProfile } from './profiles/store.ts';

export function computeRoutes(services: { analytics: AnalyticsService; jobs: JobsService; links: JobLinks; profiles: ProfilesService }): Route[] {
  return [
    route(analytics.query, ({ caller, body }) => services.analytics.query(caller, body)),
    route(analytics.list, ({ caller, query }) => services.analytics.list(caller, query)),
    route(analytics.get, async ({ caller, params }) => toAnalytic(await services.analytics.find(caller, params.analytic))),
    route(analytics.register, async ({ caller, body, keep }) => toAnalytic(await services.analytics.register(caller, body, {}, (tx, made) => keep(tx, toAnalytic(made))))),
    route(analytics.deprecate, async ({ caller, params }) => toAnalytic(await services.analytics.change(caller, params.analytic, { deprecated: true }))),
    route(analytics.putFile, async ({ caller, params, query, request }) => toAnalytic(await services.analytics.putFile(caller, params.analytic, query.path, () => bodyStream(request)))),
    route(analytics.secret, ({ caller, params }) => services.analytics.secret(caller, params.analytic)),
    route(analytics.delete, ({ caller, params }) => services.analytics.delete(caller, params.analytic)),

    route(jobs.create, async ({ caller, body, keep }) => toJob(await services.jobs.create(caller, body, keptJob(keep)))),
    route(jobs.query, ({ caller, params, body }) => services.jobs.query(caller, params.project, body)),
    route(jobs.get, async ({ caller, params, query }) => toJob(await services.jobs.get(caller, params.job, query.waitSeconds))),
    route(jobs.start, async ({ caller, params, keep }) => toJob(await services.jobs.start(caller, params.job, keptJob(keep)))),
    route(jobs.startMany, ({ caller, params, body, keep }) => services.jobs.startMany(caller, params.project, body.jobs, keep)),
    route(jobs.cancel, async ({ caller, params, keep }) => toJob(await services.jobs.cancel(caller, params.job, 'cancelled', keptJob(keep)))),
    route(jobs.update, async ({ caller, params, body }) => toJob(await services.jobs.update(caller, params.job, body))),
    route(jobs.delete, ({ caller, params }) => services.jobs.delete(caller, params.job)),
    route(jobs.log, ({ caller, params, query }) => services.jobs.log(caller, params.job, query.after)),
    route(jobs.output, async ({ caller, params, request, reply }) => {
      const { output, read } = await services.jobs.openOutput(caller, params.job, params.index);
      await sendFile(request, reply, { sha256: output.sha256, size: output.sizeBytes, mediaType: output.mediaType, filename: output.name, read });
    }),
    route(jobs.link, ({ caller, params, query }) => services.links.link(caller, params.job, params.index, query)),
    route(jobs.open, async ({ params, query, request, reply }) => {
      const { output, read } = await services.links.open({ method: request.method, query }, params.job, params.index);
      await sendFile(request, reply, { sha256: output.sha256, size: output.sizeBytes, mediaType: output.mediaType, filename: output.name, read });
    }),

    route(profiles.create, async ({ caller, body, keep }) => toProfile(await services.profiles.create(caller, body, (tx, made) => keep(tx, toProfile(made))))),
    route(profiles.list, ({ caller, query }) => services.profiles.list(caller, query)),
    route(profiles.get, async ({ caller, params }) => toProfile(await services.profiles.get(caller, params.profile))),
    route(profiles.update, async ({ caller, params, body }) => toProfile(await services.profiles.update(caller, params.profile, body))),
    route(profiles.versions, ({ caller, params, query }) => services.profiles.versions(caller, params.profile, query)),
    route(profiles.preview, async ({ caller, params, body, keep }) => toJob(await services.jobs.preview(caller, params.profile, body, keptJob(keep)))),
    route(profiles.delete, ({ caller, params }) => services.profiles.delete(caller, params.profile)),
  ];
}

const keptJob = (keep: WhenMade<Job>): WhenMade<StoredJob> => (tx, made) => keep(tx, toJob(made));
