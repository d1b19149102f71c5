import { join } from 'node:path';
import { careForStorage, expireItems, workCare } from '../catalog/care/background.ts';
import { pino } from 'pino';
import { endAll } from './end-all.ts';
import { workItems, describeBlobs } from '../catalog/items/background.ts';
import { commandRoutes } from '../catalog/commands/routes.ts';
import { commandsService, runCommand } from '../catalog/commands/service.ts';
import { itemQueries } from '../catalog/items/bulk.ts';
import { referencedBlobs, type Buckets } from '../catalog/buckets/referenced.ts';
import { bucketRoutes } from '../catalog/buckets/routes.ts';
import { bucketsService } from '../catalog/buckets/service.ts';
import { bringRoutes } from '../catalog/bring/routes.ts';
import { bringService } from '../catalog/bring/service.ts';
import { itemRoutes } from '../catalog/items/routes.ts';
import { itemsService } from '../catalog/items/service.ts';
import { datasetCopies } from '../catalog/datasets/copy.ts';
import { deidentificationRoutes } from '../catalog/deidentification/routes.ts';
import { deidentificationService } from '../catalog/deidentification/service.ts';
import { objectsService } from '../catalog/scans/objects.ts';
import { scanRoutes } from '../catalog/scans/routes.ts';
import { scansService } from '../catalog/scans/service.ts';
import { transferRoutes } from '../catalog/transfers/routes.ts';
import { transfersService } from '../catalog/transfers/service.ts';
import { usageRoutes } from '../catalog/usage/routes.ts';
import { usageService } from '../catalog/usage/service.ts';
import { versionRoutes } from '../catalog/versions/routes.ts';
import { versionsService } from '../catalog/versions/service.ts';
import { datasetRoutes } from '../catalog/datasets/routes.ts';
import { foldersService } from '../catalog/folders/service.ts';
import { datasetsService } from '../catalog/datasets/service.ts';
import { analyticsService } from '../compute/analytics/service.ts';
import { queues, workJobs } from '../compute/jobs/background.ts';
import { frameDrawer } from '../compute/jobs/draw-frame.ts';
import { expireJobs, workJobExpiry } from '../compute/jobs/expire.ts';
import { jobLinks } from '../compute/jobs/links.ts';
import { jobsService } from '../compute/jobs/service.ts';
import { sweepPlaces } from '../compute/jobs/places-store.ts';
import { profilesService } from '../compute/profiles/service.ts';
import { computeRoutes } from '../compute/routes.ts';
import { jobRunners, type ProtocolFinder } from '../compute/runners/all.ts';
import { runRoutes } from '../compute/runs/routes.ts';
import { runsService } from '../compute/runs/service.ts';
import { doorCredentials } from '../doors/credentials.ts';
import type { BlobStore } from '../engines/blobs/blobs.ts';
import { systemClock, type Clock } from '../engines/clock.ts';
import type { Database } from '../engines/database/database.ts';
import { noMailer, type Mailer } from '../engines/mail/mail.ts';
import type { Outbound } from '../engines/outbound/outbound.ts';
import type { MessageKind, Queue } from '../engines/queue/queue.ts';
import type { Route } from '../http/context.ts';
import { signedQuery } from '../http/signed-url.ts';
import { idempotencyStore } from '../http/idempotency.ts';
import { urlSigner } from '../http/signed-url.ts';
import { deliver, deliveriesService } from '../events/deliveries/service.ts';
import { callbackAddress } from '../events/callback-address.ts';
import { callbacksService } from '../events/callbacks.ts';
import { eventRoutes } from '../events/routes.ts';
import { eventsService } from '../events/service.ts';
import { webhooksService } from '../events/webhooks/service.ts';
import { keysService } from '../identity/keys/service.ts';
import { membersService } from '../identity/members/service.ts';
import { projectsService } from '../identity/projects/service.ts';
import { identityRoutes } from '../identity/routes.ts';
import { sessionsService } from '../identity/sessions/service.ts';
import { deleteOldSessions } from '../identity/sessions/store.ts';
import { annotationRoutes } from '../labeling/annotations/routes.ts';
import { annotationsService } from '../labeling/annotations/service.ts';
import { segmentationRoutes } from '../labeling/segmentations/routes.ts';
import { segmentationsService } from '../labeling/segmentations/service.ts';
import { volumeFiles } from '../labeling/segmentations/volume-files.ts';
import { assignmentsService } from '../labeling/batches/assignments.ts';
import { takeWorkBack } from '../labeling/batches/leaving.ts';
import { batchCommands } from '../labeling/batches/background.ts';
import { batchesService } from '../labeling/batches/service.ts';
import { exportRoutes } from '../labeling/exports/routes.ts';
import { exportsService } from '../labeling/exports/service.ts';
import { importRoutes } from '../labeling/imports/routes.ts';
import { importsService } from '../labeling/imports/service.ts';
import { qualityRoutes } from '../labeling/quality/routes.ts';
import { qualityService } from '../labeling/quality/service.ts';
import { recipeRoutes } from '../labeling/recipes/routes.ts';
import { recipesService } from '../labeling/recipes/service.ts';
import { attachmentsService } from '../labeling/tasks/attachments.ts';
import { prepareTask, returnLeases, workTasks, type TaskPreparation } from '../labeling/tasks/background.ts';
import { taskRoutes } from '../labeling/tasks/routes.ts';
import { tasksService } from '../labeling/tasks/service.ts';
import { suggestionsService } from '../labeling/tasks/suggestions.ts';
import { usersService } from '../identity/users/service.ts';
import { messageKind } from '../engines/queue/queue.ts';

/** What the rooms stand on. */
export interface Engines {
  db: Database;
  blobs: BlobStore;
  /** Buckets of others that items are imported from by reference; none where it is left out. */
  buckets?: Buckets;
  queue: Queue;
  outbound: Outbound;
  /** Without one, mail is told to be impossible. */
  mailer?: Mailer;
  clock: Clock;
  logger: pino.Logger;
}

export interface Settings {
  publicUrl: () => string;
  secret: string;
  maxUploadBytes: number;
  /** Where resumable uploads wait for the rest of their bytes. */
  uploadsDir: string;
  allowPrivateNetwork: boolean;
}

export type Platform = ReturnType<typeof compose>;

/** Hourly housekeeping. */
const tidy = messageKind<null>('platform.tidy', { retries: 0 });

/** Builds every room on the engines, once. Rooms get exactly what they name, and nothing builds itself. */
export function compose(engines: Engines, settings: Settings) {
  const { db, queue, outbound, mailer = noMailer, clock, logger, buckets = new Map() } = engines;
  const blobs = referencedBlobs(db, engines.blobs, buckets);
  const keys = keysService({ db, clock, doorCredentials: doorCredentials(settings) });
  const sessions = sessionsService({ db, clock, keys });
  const users = usersService({ db, left: takeWorkBack });
  const members = membersService({ db, left: takeWorkBack });
  const mayCall = callbackAddress(outbound);
  const projects = projectsService({ db, mayCall });
  const datasets = datasetsService({ db, projects });
  const items = itemsService({ db, blobs, queue, limits: settings });
  const scans = scansService({ db, blobs, items });
  const objects = objectsService({ db });
  const transfers = transfersService({ db, blobs, items, limits: settings, publicUrl: settings.publicUrl, sign: urlSigner(settings.secret).sign });
  const deidentification = deidentificationService({ db, items });
  const commands = commandsService({ db, queue, projects, logger });
  const bring = bringService({ db, blobs, outbound, commands, items, deidentification, transfers, limits: settings });
  const datasetCopier = datasetCopies({ db, projects, commands });
  const folders = foldersService({ db });
  const versions = versionsService({ db, blobs, queue, commands });
  const itemFinder = itemQueries({ db, commands });
  const volumes = volumeFiles({ db, blobs, scans });
  const annotations = annotationsService({ db, commands, volumes });
  const segmentations = segmentationsService({ volumes, items, scans, annotations });
  const recipes = recipesService({ db, projects });
  const dataExports = exportsService({
    db,
    blobs,
    queries: itemFinder,
    versions,
    recipes,
    commands,
    datasets,
    publicUrl: settings.publicUrl,
    signLink: (id, expiresMs) => {
      const path = `/v1/exports/${id}/archive`;
      return `${settings.publicUrl()}${path}?${signedQuery(settings.secret, { method: 'GET', path, expiresMs })}`;
    },
  });
  const dataImports = importsService({ db, blobs, queue, annotations, recipes, datasets, commands, transfers, limits: settings });
  const batches = batchesService({ db, projects, datasets, mayCall });
  const assignments = assignmentsService({ db });
  const batchWork = batchCommands({ db, commands, batches, assignments });
  const tasks = tasksService({ db, queue, projects, items, annotations, recipes, mayCall });
  const analytics = analyticsService({ db, blobs, settings });
  const profiles = profilesService({ db, projects, items, analytics });
  const jobs = jobsService({ db, blobs, queue, projects, items, itemQueries: itemFinder, analytics, profiles, mayCall });
  const links = jobLinks({ db, blobs, jobs, signer: urlSigner(settings.secret), publicUrl: settings.publicUrl });
  const runs = runsService({ db, blobs, queue, analytics, settings, signer: urlSigner(settings.secret) });
  const events = eventsService({ db, projects });
  const deliveries = deliveriesService({ db, queue, outbound, mailer, logger });
  const callbacks = callbacksService({ db, deliveries, tasks, jobs, settings });
  const webhooks = webhooksService({ db, outbound, projects, deliveries, logger });
  const attachments = attachmentsService({ db, outbound, datasets, items, annotations, tasks });
  const preparations: TaskPreparation[] = [attachments.prepareNative];
  const containerProtocols: ProtocolFinder[] = [];
  const idempotency = idempotencyStore(db, settings);
  const closers: (() => Promise<void>)[] = [];

  const routes: Route[] = [
    ...identityRoutes({ keys, members, projects, sessions, users }),
    ...datasetRoutes(datasets, datasetCopier),
    ...itemRoutes(items, itemFinder, deidentification),
    ...transferRoutes(transfers, settings.secret),
    ...scanRoutes(scans),
    ...deidentificationRoutes(deidentification),
    ...segmentationRoutes(segmentations),
    ...usageRoutes(usageService({ db })),
    ...versionRoutes(versions),
    ...bucketRoutes(bucketsService({ db, buckets, items, commands, limits: settings })),
    ...bringRoutes(bring),
    ...qualityRoutes(qualityService({ db, commands, volumes })),
    ...commandRoutes(commands),
    ...annotationRoutes(annotations, db),
    ...recipeRoutes(recipes),
    ...exportRoutes(dataExports, settings.secret),
    ...importRoutes(dataImports),
    ...taskRoutes(batches, tasks, suggestionsService({ db, analytics, jobs })),
    ...computeRoutes({ analytics, jobs, links, profiles }),
    ...runRoutes(runs),
    ...eventRoutes(events, webhooks, callbacks),
  ];
  const messageKinds: MessageKind<unknown>[] = [describeBlobs, expireItems, expireJobs, careForStorage, runCommand, prepareTask, returnLeases, queues.cpu, queues.gpu, deliver, tidy];

  return {
    engines: { ...engines, blobs },
    settings,
    rooms: { keys, sessions, users, members, projects, datasets, datasetCopies: datasetCopier, folders, versions, items, itemQueries: itemFinder, transfers, scans, objects, segmentations, deidentification, bring, commands, annotations, recipes, exports: dataExports, imports: dataImports, batches, assignments, batchCommands: batchWork, tasks, attachments, analytics, profiles, jobs, runs, events, deliveries, webhooks },
    /** Parts that doors add to the preparation of new tasks. */
    preparations,
    /** Protocols of doors that the containers of their analytics speak. */
    containerProtocols,
    auth: { keys, sessions },
    idempotency,
    routes,
    messageKinds,

    /** Makes the database know what comes with the program. Once at start, before anything is asked. */
    prepare: () => analytics.syncBuiltins(),

    /** Begins to handle messages. */
    async startWorking(): Promise<void> {
      const { runners, close } = jobRunners({ db, outbound, logger, runs, analytics, containerProtocols });
      closers.push(close);
      closers.push(await workJobs({ db, blobs, queue, logger, jobs, analytics, annotations, runners, drawFrame: frameDrawer({ blobs, scans }) }));
      await commands.work();
      closers.push(await deliveries.work());
      closers.push(await webhooks.work());
      await workTasks({ db, queue, tasks, preparations });
      await workItems({ db, blobs, queue, logger });
      await workCare({ db, blobs, queue, logger });
      await workJobExpiry({ db, queue });
      await queue.work(tidy, async () => {
        await idempotency.sweep();
        await dataExports.sweep();
        await dataImports.sweep();
        await deleteOldSessions(db);
        await sweepPlaces(db);
        await transfers.sweep();
        await blobs.sweepTemporary(24 * 3_600_000);
      });
      await queue.schedule(tidy, '7 * * * *');
    },

    /** Ends what {@link startWorking} began, after the queue has stopped. */
    async stopWorking(): Promise<void> {
      await endAll([...closers.splice(0), () => events.close()]);
    },
  };
}

/** Where the numbered SQL files lie. */
export const migrationsDir = join(import.meta.dirname, '..', 'migrations');
export { systemClock };
