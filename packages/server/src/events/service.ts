import { isId, type audit, type Event, type events, type Parsed } from '@fovea/contract';
import type { Database } from '../engines/database/database.ts';
import { Fault } from '../fault.ts';
import { authorize, needAdmin } from '../identity/access.ts';
import type { Caller } from '../identity/caller.ts';
import { workerOf } from '../labeling/quality/hidden.ts';
import type { ProjectsService } from '../identity/projects/service.ts';
import { cutPage, listMark, readCursor, type Page } from '../paging.ts';
import { eventsChannel } from './outbox.ts';
import { beginning, numberOf, positionOf, presentPosition, readAudit, readEvents, toPlainEvent, type Position } from './reader.ts';

export type EventsService = ReturnType<typeof eventsService>;

/** Events that were told of may be held back by an older transaction for a moment: so soon is looked again for them. */
const lookAgainMs = [30, 100, 300, 1_000, 3_000];
/** So many as come together in this time are read together. */
const gatherMs = 10;
/** Who follows hears so often that nothing happens; a telling that was lost with its process is made up for by then. */
const aliveMs = 15_000;

/** What happened: as history, and as it happens. */
export function eventsService({ db, projects }: { db: Database; projects: ProjectsService }) {
  const waiting = new Set<() => void>();
  /** How often was told of events. */
  let tellings = 0;
  let stopListening: (() => Promise<void>) | undefined;

  async function placeOf(caller: Caller, reference: string): Promise<{ projectId: string; worker: string | undefined }> {
    const project = await projects.get(caller, reference);
    const { role } = await authorize(db, caller, project.id, { role: 'annotator', scope: 'read' });
    return { projectId: project.id, worker: workerOf(caller, role) };
  }

  /** Waits until it is told of events, for so long at most; whether it was. Not for who is gone. */
  async function toldWithin(ms: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return true;
    return new Promise((resolve) => {
      const wake = (): void => done(true);
      const done = (told: boolean): void => {
        clearTimeout(timer);
        waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve(told);
      };
      const timer = setTimeout(() => done(false), ms);
      waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  return {
    async list(caller: Caller, query: Parsed<typeof events.list>['query']): Promise<Page<Event>> {
      const { projectId, worker } = await placeOf(caller, query.project);
      const mark = listMark('events', [projectId, query.type, query.subject]);
      const cursor = readCursor(query.cursor, mark, 2);
      const after = cursor ? toPosition(cursor) : query.after === undefined ? beginning : await positionOf(db, query.after);
      const rows = await readEvents(db, { of: { projectId }, after, limit: query.limit + 1, type: query.type, subjectId: query.subject, worker });
      return cutPage(rows, { limit: query.limit, mark, position: ({ at }) => [at.xact, at.seq], map: toPlainEvent });
    },

    /** What was done in the organisation, newest first; for its administrators. */
    async audit(caller: Caller, query: Parsed<typeof audit.list>['query']): Promise<Page<Event>> {
      needAdmin(caller, 'admin');
      const { cursor, limit, project, subject: subjectId, actor, type, from, to } = query;
      const projectId = project === undefined ? undefined : (await projects.get(caller, project)).id;
      const mark = listMark('audit', [actor, type, projectId, subjectId, from, to]);
      const before = readCursor(cursor, mark, 2);
      const rows = await readAudit(db, { orgId: caller.orgId, limit: limit + 1, before: before && toPosition(before), actor: actor?.toLowerCase(), type, projectId, subjectId, from, to });
      return cutPage(rows, { limit, mark, position: ({ at }) => [at.xact, at.seq], map: toPlainEvent });
    },

    /** The number of the event that somebody says was their last, by its number or its id. */
    async lastHeard(given: string): Promise<number> {
      const seq = /^\d{1,15}$/.test(given) ? Number(given) : isId(given) ? await numberOf(db, given) : undefined;
      if (seq === undefined) throw new Fault('invalid_request', 'Last-Event-ID is the number or the id of an event.');
      return seq;
    },

    /** Events from a number on (default: from now), until the signal; undefined now and then when nothing happens. */
    async *follow(caller: Caller, query: { project: string; after?: number | undefined }, signal: AbortSignal): AsyncGenerator<Event | undefined> {
      const { projectId, worker } = await placeOf(caller, query.project);
      stopListening ??= await db.listen(eventsChannel, () => {
        tellings += 1;
        for (const wake of waiting) wake();
      });
      const start = query.after === undefined ? await presentPosition(db) : { ...(await positionOf(db, query.after)), since: undefined };
      let after: Position = start;
      let looks = 0;
      while (!signal.aborted) {
        const seen = tellings;
        const found = await readEvents(db, { of: { projectId }, after, limit: 500, worker, since: start.since });
        for (const event of found) {
          yield toPlainEvent(event);
          after = event.at;
        }
        if (found.length > 0) continue;
        // What was told of while it was read may not have been in what was read.
        const told = tellings !== seen || (await toldWithin(lookAgainMs[looks] ?? aliveMs, signal));
        const isQuiet = looks >= lookAgainMs.length;
        looks = told ? 0 : looks + 1;
        if (told) await new Promise((resolve) => setTimeout(resolve, gatherMs));
        else if (isQuiet) yield undefined;
      }
    },

    async close(): Promise<void> {
      await stopListening?.();
      stopListening = undefined;
    },
  };
}

/** The place in a cursor. */
function toPosition([xact, seq]: readonly (string | number)[]): Position {
  if (!/^\d{1,18}$/.test(String(xact)) || !Number.isSafeInteger(seq)) throw new Fault('invalid_request', 'The cursor is not a cursor that this server made.');
  return { xact: String(xact), seq: Number(seq) };
}
