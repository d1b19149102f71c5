import type { audit, Event, events, Parsed } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { Database } from '../engines/database/database.ts';
import { authorize, needAdmin } from '../identity/access.ts';
import type { Caller } from '../identity/caller.ts';
import type { ProjectsService } from '../identity/projects/service.ts';
import { cutPage, listMark, readCursor, type Page } from '../paging.ts';
import { readAudit, readEvents } from './reader.ts';

export type EventsService = ReturnType<typeof eventsService>;

/** What happened: as history, and as it happens. */
export function eventsService({ db, projects }: { db: Database; projects: ProjectsService }) {
  const waiting = new Set<() => void>();
  let stopListening: (() => Promise<void>) | undefined;

  async function projectOf(caller: Caller, reference: string): Promise<string> {
    const project = await projects.get(caller, reference);
    await authorize(db, caller, project.id, { role: 'annotator', scope: 'read' });
    return project.id;
  }

  return {
    async list(caller: Caller, query: Parsed<typeof events.list>['query']): Promise<Page<Event>> {
      const projectId = await projectOf(caller, query.project);
      const mark = listMark('events', [projectId, query.type, query.subject]);
      const after = Number(readCursor(query.cursor, mark, 1)?.[0] ?? query.after ?? 0);
      const rows = await readEvents(db, { projectId, after, limit: query.limit + 1, type: query.type, subjectId: query.subject });
      const data = rows.slice(0, query.limit);
      const last = data.at(-1);
      return { data, next: rows.length > query.limit && last ? Buffer.from(JSON.stringify([mark, last.seq])).toString('base64url') : null };
    },

    /** What was done in the organisation, newest first; for its administrators. */
    async audit(caller: Caller, query: Parsed<typeof audit.list>['query']): Promise<Page<Event>> {
      needAdmin(caller, 'admin');
      const { cursor, limit, project, subject: subjectId, actor, type, from, to } = query;
      const projectId = project === undefined ? undefined : (await projects.get(caller, project)).id;
      const mark = listMark('audit', [actor, type, projectId, subjectId, from, to]);
      const before = readCursor(cursor, mark, 1)?.[0];
      const rows = await readAudit(db, { orgId: caller.orgId, limit: limit + 1, before: before === undefined ? undefined : Number(before), actor: actor?.toLowerCase(), type, projectId, subjectId, from, to });
      return cutPage(rows, { limit, mark, position: (row) => [row.seq], map: (row) => row });
    },

    /** Events from a number on (default: from now), until the signal; undefined now and then when nothing happens. */
    async *follow(caller: Caller, query: { project: string; after?: number | undefined }, signal: AbortSignal): AsyncGenerator<Event | undefined> {
      const projectId = await projectOf(caller, query.project);
      stopListening ??= await db.listen('fovea_events', () => {
        for (const wake of waiting) wake();
      });
      let after = query.after ?? (await db.one<{ seq: number }>(sql`select coalesce(max(seq), 0) as seq from events where project_id = ${projectId}`)).seq;
      while (!signal.aborted) {
        const found = await readEvents(db, { projectId, after, limit: 500 });
        for (const event of found) {
          yield event;
          after = event.seq;
        }
        if (found.length > 0) continue;
        const woken = await new Promise<boolean>((resolve) => {
          const wake = (): void => done(true);
          const done = (result: boolean): void => {
            clearTimeout(timer);
            waiting.delete(wake);
            signal.removeEventListener('abort', wake);
            resolve(result);
          };
          const timer = setTimeout(() => done(false), 15_000);
          waiting.add(wake);
          signal.addEventListener('abort', wake, { once: true });
        });
        // Events of transactions that have just committed may be held back by an older one for a moment.
        if (woken) await new Promise((resolve) => setTimeout(resolve, 10));
        else yield undefined;
      }
    },

    async close(): Promise<void> {
      await stopListening?.();
      stopListening = undefined;
    },
  };
}
