import { AbortedError } from '@fovea/sdk';
import { useEffect } from 'react';
import { fovea } from './client.ts';
import { noticeSession } from './query-client.ts';
import { refresh } from './work.ts';

/** What is asked for again when something happened to a thing of a kind. */
const listsOf: Readonly<Record<string, readonly string[]>> = {
  batch: ['batches', 'tasks'],
  task: ['batches', 'tasks'],
  job: ['jobs'],
  version: ['versions'],
  webhook: ['webhooks'],
  recipe: ['recipes'],
  profile: ['profiles'],
  dataset: ['datasets'],
  member: ['projects'],
};
/** Much happens at once: it is waited for so long before anything is asked for. */
const gatherMs = 400;

/** Has what is on the screen asked for again when something happened to it in a project, as long as the page is open. */
export function useLiveProject(projectId: string | undefined): void {
  useEffect(() => {
    if (projectId === undefined) return undefined;
    const stop = new AbortController();
    const stale = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const renew = () => {
      timer = undefined;
      const lists = [...stale];
      stale.clear();
      void refresh(...lists);
    };
    const follow = async () => {
      for await (const event of fovea.events.follow(projectId, { signal: stop.signal })) {
        for (const list of listsOf[event.subject.kind] ?? []) stale.add(list);
        if (stale.size > 0) timer ??= setTimeout(renew, gatherMs);
      }
    };
    follow().catch((error: unknown) => {
      // Without news the lists are asked for now and then, as they always are.
      if (!(error instanceof AbortedError)) noticeSession(error);
    });
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [projectId]);
}
