import type { AnnotationContent, Attributes, Keyframe } from '@fovea/contract';
import sharp from 'sharp';
import { readPicture } from '../../labeling/segmentations/read-picture.ts';
import { geometriesOf } from '../../labeling/task-types/labels.ts';
import { familyOf } from '../../labeling/task-types/params.ts';
import { isObject, type Json } from '../../labeling/task-types/work.ts';
import { annotationIn, annotationsIn } from './response/shapes-in.ts';

/** Pre-labels in our words; `page` tells on which of the task's files, `unread` how many could not be understood. */
export interface Prelabels {
  drafts: { page: number; content: AnnotationContent }[];
  unread: number;
}

/** Bytes behind an address in a pre-label; undefined when they cannot be had. */
export type ReadFile = (url: string) => Promise<Buffer | undefined>;

interface PrelabeledTask {
  type: string;
  params: Json;
}

const none: Prelabels = { drafts: [], unread: 0 };
const unreadable: Prelabels = { drafts: [], unread: 1 };

/** `hypothesis` or `base_annotations` of a task, which have the format of the response of its type; answers to questions are none of these: forms begin with them. */
export async function prelabelsOf(task: PrelabeledTask, read: ReadFile): Promise<Prelabels> {
  const given = task.params['hypothesis'] ?? task.params['base_annotations'];
  if (given === undefined || given === null) return none;
  switch (familyOf(task.type)) {
    case 'vector':
    case 'free':
      return onFirst(annotationsIn(given, labelOf(task)));
    case 'document':
      return documentIn(given, labelOf(task));
    case 'segmentation':
      return isObject(given) && given['labelMapping'] !== undefined ? segmentsIn(given, read) : onFirst(annotationsIn(given, labelOf(task)));
    case 'video':
    case 'playback':
      return videoIn(task, await contentOf(given, read));
    default:
      return none;
  }
}

const onFirst = ({ contents, unread }: { contents: AnnotationContent[]; unread: number }): Prelabels => ({ drafts: contents.map((content) => ({ page: 0, content })), unread });

/** What stands for labels that a pre-label does not say: the first of the task's. */
function labelOf({ type, params }: PrelabeledTask): string {
  return geometriesOf(type, params)[0]?.leaves[0]?.choice ?? 'object';
}

/** Text at places on pages: the place lies under `location`. */
function documentIn(given: unknown, label: string): Prelabels {
  const list = isObject(given) && Array.isArray(given['annotations']) ? (given['annotations'] as unknown[]) : Array.isArray(given) ? given : [];
  const drafts = list.flatMap((one) => {
    if (!isObject(one)) return [];
    const { location, text, page } = one;
    const attributes = { ...(isObject(one['attributes']) ? one['attributes'] : {}), ...(typeof text === 'string' ? { text } : {}) };
    const content = annotationIn({ ...one, ...(isObject(location) ? location : {}), attributes }, label);
    return content ? [{ page: typeof page === 'number' ? page : 0, content }] : [];
  });
  return { drafts, unread: list.length - drafts.length };
}

/** A segmentation: the picture of indices, each of which the mapping names. */
async function segmentsIn(given: Json, read: ReadFile): Promise<Prelabels> {
  const { labelMapping, annotations } = given;
  const combined = isObject(annotations) ? annotations['combined'] : undefined;
  const url = isObject(combined) ? combined['indexedImage'] : undefined;
  const bytes = typeof url === 'string' ? await read(url) : undefined;
  if (!bytes || !isObject(labelMapping)) return unreadable;
  const entries = Object.entries(labelMapping).flatMap(([label, entry]) => (Array.isArray(entry) ? entry : [entry]).flatMap((one: unknown) => (isObject(one) ? [[String(one['index']), label]] : [])));
  try {
    const { width, height } = await sharp(bytes).metadata();
    const areas = await readPicture(bytes, { width, height }, Object.fromEntries(entries) as Record<string, string>);
    const drafts = areas.map(({ label, rle }) => ({ page: 0, content: { type: 'mask' as const, label, geometry: { type: 'mask' as const, rle }, attributes: {}, frame: null, endFrame: null, confidence: null, source: 'import' as const } }));
    return { drafts, unread: 0 };
  } catch {
    // A picture of another kind, or with indices that nothing names: told with the task.
    return unreadable;
  }
}

/** The content itself, or what lies behind its `url`, which may stand under `annotations`. */
async function contentOf(given: unknown, read: ReadFile): Promise<unknown> {
  const inner = isObject(given) && isObject(given['annotations']) && typeof given['annotations']['url'] === 'string' ? given['annotations'] : given;
  if (!isObject(inner) || typeof inner['url'] !== 'string') return given;
  const bytes = await read(inner['url']);
  try {
    return bytes && JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

interface Place {
  frame: number;
  content: AnnotationContent;
}

/** Objects over frames: an array of frames, or by object its key frames. */
function videoIn(task: PrelabeledTask, given: unknown): Prelabels {
  const label = labelOf(task);
  const objects = new Map<string, Place[]>();
  let unread = 0;
  const add = (name: string, frame: number, one: unknown): void => {
    const content = isObject(one) ? annotationIn(one, label) : undefined;
    if (content) objects.set(name, [...(objects.get(name) ?? []), { frame, content }]);
    else unread += 1;
  };
  const whole: unknown = Array.isArray(given) && given.length === 1 && isObject(given[0]) && isObject(given[0]['annotations']) ? given[0] : given;
  const named = isObject(whole) ? whole['annotations'] : undefined;
  if (isObject(named)) {
    for (const [name, track] of Object.entries(named)) {
      const { frames, geometry: type, label: own } = isObject(track) ? track : {};
      for (const one of Array.isArray(frames) ? (frames as unknown[]) : [undefined]) add(name, isObject(one) ? Number(one['key']) : 0, isObject(one) ? { type, label: own, ...one } : one);
    }
  } else {
    const frames = Array.isArray(whole) ? whole : Array.isArray(named) ? (named as unknown[]) : undefined;
    if (!frames) return unreadable;
    frames.forEach((frame: unknown, index) => {
      const list = isObject(frame) && Array.isArray(frame['annotations']) ? (frame['annotations'] as unknown[]) : [];
      list.forEach((one, at) => add(isObject(one) && typeof one['uuid'] === 'string' ? one['uuid'] : `${index}.${at}`, index, one));
    });
  }
  const ofFiles = Array.isArray(task.params['attachments']);
  const drafts = [...objects].flatMap(([name, places]) => (ofFiles ? places.map(({ frame, content }) => ({ page: frame, content: { ...content, group: name.slice(0, 200) } })) : [{ page: 0, content: trackOf(places, !isObject(named)) }]));
  return { drafts, unread };
}

/** One track of an object's places. Where every frame is told, it is outside in those where it is not; between key frames it moves. */
function trackOf(places: readonly Place[], everyFrame: boolean): AnnotationContent {
  const sorted = places.toSorted((a, b) => a.frame - b.frame).filter(({ frame }, index, all) => frame !== all[index - 1]?.frame);
  const [first, last] = [sorted[0] as Place, sorted.at(-1) as Place];
  const keyframes = sorted.flatMap(({ frame, content }, index): Keyframe[] => {
    const key = { frame, geometry: content.geometry, ...attributesOf(content.attributes) };
    const next = sorted[index + 1];
    return everyFrame && next && next.frame > frame + 1 ? [key, { frame: frame + 1, geometry: content.geometry, outside: true }] : [key];
  });
  return { ...first.content, frame: first.frame, endFrame: last.frame, keyframes };
}

const attributesOf = (attributes: Attributes): { attributes?: Attributes } => (Object.keys(attributes).length > 0 ? { attributes } : {});
