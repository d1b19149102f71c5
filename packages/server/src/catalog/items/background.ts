import type { BlobStore } from '../../engines/blobs/blobs.ts';
import type { Database } from '../../engines/database/database.ts';
import { messageKind, type Queue } from '../../engines/queue/queue.ts';
import { emit } from '../../events/outbox.ts';
import type { Logger } from '../../logger.ts';
import { describeMedia, type MediaFacts } from '../../media/describe.ts';
import { makeThumbnail } from '../../media/thumbnail.ts';
import { describeBlob, recordBlobs, undescribed, type Facts } from '../blobs/store.ts';
import { applyFacts } from './store.ts';

/** Has the bytes of new blobs looked at: what they are, how large, and a thumbnail. */
export const describeBlobs = messageKind<{ sha256s: string[] }>('items.describe', { retries: 3, timeoutSeconds: 900 });

/** Handles {@link describeBlobs}. */
export function workItems({ db, blobs, queue, logger }: { db: Database; blobs: BlobStore; queue: Queue; logger: Logger }): Promise<void> {
  return queue.work(
    describeBlobs,
    async (message) => {
      const todo = await undescribed(db, message.data.sha256s);
      for (const sha256 of message.data.sha256s) {
        if (message.signal.aborted) throw new Error('The worker stops.');
        if (todo.includes(sha256)) await describe(db, blobs, logger, sha256);
      }
    },
    { concurrency: 2 },
  );
}

async function describe(db: Database, blobs: BlobStore, logger: Logger, sha256: string): Promise<void> {
  const stat = await blobs.stat(sha256);
  if (!stat) throw new Error(`Blob ${sha256} is not in the store.`);
  const file = await blobs.localPath(sha256);
  try {
    const media = await describeMedia({ path: file.path, size: stat.size });
    const thumbnail = await thumbnailOf(file.path, media, blobs, logger, sha256);
    await db.tx(async (tx) => {
      if (thumbnail) await recordBlobs(tx, [thumbnail]);
      const found = { kind: media.kind, mediaType: media.mediaType, facts: toFacts(media), thumbnail: thumbnail?.sha256 ?? null };
      await describeBlob(tx, sha256, found);
      const items = await applyFacts(tx, sha256, found);
      await emit(
        tx,
        ...items.map((item) => ({
          type: media.problem === undefined ? 'item.ready' : 'item.failed',
          orgId: item.orgId,
          projectId: item.projectId,
          subject: { kind: 'item', id: item.id },
          actor: 'system@fovea',
          data: { datasetId: item.datasetId, kind: media.kind, ...(media.problem === undefined ? {} : { problem: media.problem }) },
        })),
      );
    });
  } finally {
    await file.release();
  }
}

async function thumbnailOf(path: string, media: MediaFacts, blobs: BlobStore, logger: Logger, sha256: string) {
  if (media.problem !== undefined) return undefined;
  try {
    const made = await makeThumbnail({ path, facts: media });
    if (!made) return undefined;
    const [stored] = await blobs.putMany([made.bytes]);
    return stored;
  } catch (error) {
    logger.warn({ sha256, error: String(error) }, 'no thumbnail could be made');
    return undefined;
  }
}

/** What is kept of the facts of a medium. */
export function toFacts(media: MediaFacts): Facts {
  return {
    width: media.width ?? null,
    height: media.height ?? null,
    orientation: media.orientation ?? null,
    frames: media.frames ?? null,
    durationSeconds: media.durationSeconds ?? null,
    fps: media.fps ?? null,
    problem: media.problem ?? null,
    summary: media.summary ?? {},
  };
}
