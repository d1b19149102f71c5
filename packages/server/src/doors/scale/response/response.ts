import { Readable } from 'node:stream';
import type { TaskFamily } from '@fovea/contract';
import { answerOf } from '../../../labeling/task-types/answers.ts';
import { familyOf } from '../../../labeling/task-types/params.ts';
import type { Json, Media, Work, WorkAnnotation } from '../../../labeling/task-types/work.ts';
import { documentResponse } from './document.ts';
import { labelMapping, segmentationFile, segmentationFiles } from './segmentation.ts';
import { vectorResponse } from './vector.ts';
import { eventsFile, framesFile, lidarFile, playbackFile, pointsFile } from './video.ts';

/** Where a stored response keeps what its files are made of. */
const sourceKey = 'source';

interface Source {
  annotations: WorkAnnotation[];
  media: Media;
  /** Answers that only a file shows. */
  answers?: Json;
}

interface ShownTask {
  type: string;
  params: Json;
  response: Json | null;
}

const fileFamilies: readonly TaskFamily[] = ['segmentation', 'video', 'playback', 'lidar', 'points'];

/** The response of a finished task, as it is kept: in the protocol's words, but for files, which are made of the kept work when they are asked for. */
export function buildResponse(work: Work): Json {
  const family = familyOf(work.type);
  if (fileFamilies.includes(family)) {
    const { points, ...answers } = work.answers;
    const source: Source = { annotations: [...work.annotations], media: work.media, ...(points === undefined ? {} : { answers: { points } }) };
    return { ...(family === 'segmentation' ? { labelMapping: labelMapping(work) } : {}), ...answers, [sourceKey]: source };
  }
  switch (family) {
    case 'vector':
      return vectorResponse(work);
    case 'document':
      return documentResponse(work);
    case 'free':
      return work.annotations.length > 0 ? vectorResponse(work) : work.answers;
    default:
      return answerOf(work);
  }
}

function workOf(task: ShownTask): Work | undefined {
  const source = task.response?.[sourceKey] as Source | undefined;
  return source && { type: task.type, params: task.params, annotations: source.annotations, media: source.media, answers: source.answers ?? {} };
}

/** A kept response as callers see it; `url` gives the signed address of one of its files. */
export function showResponse(task: ShownTask, url: (file: string) => string): Json | null {
  const work = workOf(task);
  if (!work || !task.response) return task.response;
  const { [sourceKey]: _source, ...response } = task.response;
  switch (familyOf(task.type)) {
    case 'segmentation':
      return { ...response, annotations: segmentationFiles(work, url) };
    case 'playback':
      return { ...response, annotations: { url: url('annotations.json') }, events: { url: url('events.json') } };
    case 'points':
      return { ...response, point_segmentations: { url: url('points.json') }, annotations: { url: url('annotations.json') } };
    default:
      return { ...response, annotations: { url: url('annotations.json') } };
  }
}

export interface ResponseFile {
  mediaType: string;
  body: Buffer | Readable;
}

/** One of the files of a response, made now; undefined where it has no such file. */
export async function responseFile(task: ShownTask, name: string): Promise<ResponseFile | undefined> {
  const work = workOf(task);
  if (!work) return undefined;
  const family = familyOf(task.type);
  if (family === 'segmentation') {
    const body = await segmentationFile(work, name);
    return body && { mediaType: 'image/png', body };
  }
  const lines = jsonFile(family, work, name);
  return lines && { mediaType: 'application/json', body: Readable.from(lines) };
}

function jsonFile(family: TaskFamily, work: Work, name: string): Generator<string> | undefined {
  if (name === 'events.json') return family === 'playback' ? eventsFile(work) : undefined;
  if (name === 'points.json') return family === 'points' ? pointsFile(work) : undefined;
  if (name !== 'annotations.json') return undefined;
  if (family === 'playback') return playbackFile(work);
  return family === 'video' ? framesFile(work) : lidarFile(work);
}
