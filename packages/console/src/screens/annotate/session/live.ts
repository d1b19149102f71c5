import type { Annotation, Event } from '@fovea/contract';
import type { EditorDocument } from '@fovea/editor';
import { AbortedError } from '@fovea/sdk';
import { fovea } from '../../../api/client.ts';
import { hasCode } from '../../../api/errors.ts';
import type { Places } from './places.ts';
import { isProposal } from './proposals.ts';
import { allWithVoxels, atOneMoment } from './voxels.ts';

export interface LiveOptions {
  readonly document: EditorDocument;
  readonly projectId: string;
  readonly places: Places;
  readonly taskId: string | undefined;
  readonly signal: AbortSignal;
  /** What happened to the item's tasks and annotations, after the document has taken it in. */
  readonly onEvent: (event: Event) => void;
  readonly onError: (error: unknown) => void;
}

/** More news at once than this is read as a whole. */
const mostSingly = 20;

/** Follows what others do with an item, until the signal: their edits appear in the document as they are made. */
export async function followItem(options: LiveOptions): Promise<void> {
  const { document, places, signal, onError } = options;
  let news = new Map<string, Event>();
  let work: Promise<void> | undefined;
  const takeIn = async () => {
    while (news.size > 0 && !signal.aborted) {
      const batch = news;
      news = new Map();
      if (batch.size > mostSingly) await catchUp(options);
      else await Promise.all([...batch.values()].map((event) => takeOne(options, event)));
      for (const event of batch.values()) options.onEvent(event);
    }
  };
  const begin = () => {
    work ??= takeIn()
      .catch((error: unknown) => void (signal.aborted || onError(error)))
      .finally(() => (work = undefined));
  };
  const onOpen = () => void catchUp(options).catch((error: unknown) => void (signal.aborted || onError(error)));
  try {
    for await (const event of fovea.events.follow(options.projectId, { signal, onOpen })) {
      if (!places.itemIds.has(String(event.data['itemId'])) && event.subject.id !== options.taskId) continue;
      if (event.subject.kind !== 'annotation') options.onEvent(event);
      else if (!isKnown(document, event)) {
        news.set(event.subject.id, event);
        begin();
      }
    }
  } catch (error) {
    if (!(error instanceof AbortedError) && !signal.aborted) onError(error);
  }
}

/** News of an edit that was made here, and acknowledged. */
function isKnown(document: EditorDocument, event: Event): boolean {
  const known = document.revisionOf(event.subject.id);
  const revision = event.data['revision'];
  return known !== undefined && known >= (typeof revision === 'number' ? revision : 1);
}

async function takeOne({ document, places, taskId, signal }: LiveOptions, event: Event): Promise<void> {
  const annotationId = event.subject.id;
  const { revision } = event.data;
  try {
    const annotation = await fovea.annotations.get(annotationId, { signal });
    if (annotation.draft && annotation.taskId !== taskId) return;
    const whole = await atOneMoment(annotation, signal);
    if (whole) applyState(document, places.inward(whole));
  } catch (error) {
    if (!hasCode(error, 'not_found')) throw error;
    // Of anything but its deletion it is old news by now: that comes too, and says which revision it was.
    if (event.type !== 'annotation.deleted') return;
    const known = document.revisionOf(annotationId) ?? 0;
    document.applyRemote({ annotationId, revision: typeof revision === 'number' ? revision : known + 1, content: undefined, by: event.actor });
  }
}

/** Compares with all that the platform has: after a connection broke, nobody knows what was missed. */
export async function catchUp({ document, places, signal }: Pick<LiveOptions, 'document' | 'places' | 'signal'>): Promise<void> {
  const known = document.ordered().flatMap(({ id }) => {
    const revision = document.revisionOf(id);
    return revision === undefined ? [] : [{ id, revision }];
  });
  const present = await places.load(signal);
  const isNew = ({ id, revision }: Annotation) => revision > (document.revisionOf(id) ?? 0);
  const news = await allWithVoxels(present.filter(isNew), (annotation) => atOneMoment(annotation, signal));
  if (signal.aborted) return;
  for (const annotation of news) applyState(document, places.inward(annotation));
  const ids = new Set(present.map(({ id }) => id));
  for (const { id: annotationId, revision } of known) {
    // What has moved on since the question was asked is not judged by its answer.
    if (ids.has(annotationId) || document.revisionOf(annotationId) !== revision) continue;
    document.applyRemote({ annotationId, revision: revision + 1, content: undefined });
  }
}

function applyState(document: EditorDocument, annotation: Annotation): void {
  const { id: annotationId, revision, updatedBy: by } = annotation;
  document.applyRemote({ annotationId, revision, content: annotation, by, proposal: isProposal(annotation) });
}
