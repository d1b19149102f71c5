import { createHash } from 'node:crypto';
import type { StoredItem } from '../../catalog/items/store.ts';
import type { StoredJob } from '../../compute/jobs/store.ts';
import type { StoredProfile } from '../../compute/profiles/store.ts';
import { jobNotes, photoNotes } from './context.ts';
import type { StorageUrls } from './storage-urls.ts';
import { profileDefaults, profileFields } from './wire.ts';

export type WireState = 'pending' | 'queued' | 'processing' | 'complete' | 'error';

/** A job's state on the wire. A job of which photos failed is in error although the other photos are delivered. */
export function wireState(job: Pick<StoredJob, 'status' | 'failures'>): WireState {
  switch (job.status) {
    case 'ready':
    case 'cancelled':
      return 'pending';
    case 'queued':
      return 'queued';
    case 'scheduled':
    case 'running':
      return 'processing';
    case 'complete':
      return job.failures.length > 0 ? 'error' : 'complete';
    case 'failed':
      return 'error';
  }
}

/** The protocol knows accounts by whole numbers: 31 bits of a digest of the organisation's id. */
export function accountNumber(orgId: string): number {
  return (createHash('sha256').update(orgId).digest().readUInt32BE(0) >>> 1) || 1;
}

const camel = (name: string): string => name.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase());

/** A profile without its photos. */
export function profileView(profile: StoredProfile) {
  const fields = Object.fromEntries(profileFields.map((field) => [camel(field), profile.parameters[field] ?? profileDefaults[field]]));
  return {
    id: profile.number,
    accountId: accountNumber(profile.orgId),
    name: profile.name,
    description: profile.description,
    type: 'regular',
    createdAt: profile.createdAt,
    updatedAt: profile.updatedAt,
    ...fields,
  };
}

/** The output of a photo in a job that has delivered. */
function outputOf(item: StoredItem, job: StoredJob | undefined) {
  if (!job || job.status !== 'complete' || job.expired) return undefined;
  return job.outputs.find((output) => output.fromItemId === item.id && output.output === 'photos');
}

/** A photo without its job. A key `status` would make the JavaScript client see an error. */
export function photoView(item: StoredItem, job: StoredJob | undefined, urls: StorageUrls, orgId: string) {
  const notes = photoNotes(item);
  const output = outputOf(item, job);
  return {
    id: notes.number,
    name: notes.name,
    jobId: notes.job,
    profileId: notes.profile,
    path: item.path,
    originalUrl: item.sizeBytes === 0 ? '' : urls.original(orgId, item.id),
    retouchedUrl: output && job ? urls.output(orgId, job.id, output.index) : '',
    imageData: imageData(item, job),
    createdAt: item.createdAt,
    updatedAt: item.updatedAt,
  };
}

interface Report {
  processSize?: string;
  cropParams?: unknown;
  colorParams?: unknown;
}

function imageData(item: StoredItem, job: StoredJob | undefined) {
  if (item.sizeBytes === 0) return null;
  const reports = job?.status === 'complete' ? (job.summary?.['photos'] as Record<string, Report> | undefined) : undefined;
  const report = reports && Object.hasOwn(reports, item.name) ? reports[item.name] : undefined;
  const { name, number } = photoNotes(item);
  return {
    id: String(number),
    storage: 'store',
    metadata: {
      filename: name,
      mimeType: item.mediaType,
      size: item.sizeBytes,
      ...(report?.processSize === undefined ? {} : { processSize: report.processSize }),
      ...(report?.cropParams === undefined ? {} : { cropParams: report.cropParams }),
      ...(report?.colorParams === undefined ? {} : { colorParams: report.colorParams }),
    },
  };
}

/** A job without its photos and its profile, as a photo carries it. */
export function jobFacts(job: StoredJob) {
  const notes = jobNotes(job);
  const state = wireState(job);
  const ended = job.status === 'complete';
  return {
    accountId: accountNumber(job.orgId),
    id: job.number,
    name: job.name,
    profileId: notes.profileNumber,
    state,
    type: notes.type,
    presetType: notes.presetType,
    createdAt: job.createdAt,
    updatedAt: job.endedAt ?? job.startedAt ?? job.queuedAt ?? job.createdAt,
    submittedAt: job.queuedAt ?? (state === 'pending' ? null : (notes.submittedAt ?? null)),
    completedAt: state === 'complete' ? job.endedAt : null,
    expiryDate: job.expiresAt,
    outputLog: '',
    errors: errorsOf(job),
    ...(ended && job.summary ? { processed: job.summary['processed'] } : {}),
    success: true,
    status: 'OK',
    profile_id: notes.profileNumber === null ? '' : String(notes.profileNumber),
  };
}

function errorsOf(job: StoredJob): string[] {
  if (job.status === 'failed') return [job.message ?? 'The job failed.'];
  return job.status === 'complete' ? job.failures.map((failure) => failure.message) : [];
}

/** A whole job. */
export function jobView(job: StoredJob, photos: readonly StoredItem[], profile: StoredProfile | undefined, urls: StorageUrls) {
  const facts = jobFacts(job);
  const views = photos.map((photo) => photoView(photo, job, urls, job.orgId));
  return {
    ...facts,
    photoDownloadUrls: Object.fromEntries(views.flatMap((view) => (view.retouchedUrl === '' ? [] : [[view.name, view.retouchedUrl]]))),
    photos: views,
    profile: profile ? profileView(profile) : facts.profileId === null ? null : { id: facts.profileId },
  };
}
