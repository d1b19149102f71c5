import { newId, type Command, type commands, type Parsed, type Scope } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { Database, Tx, WhenMade } from '../../engines/database/database.ts';
import { keeping } from '../../engines/database/keeping.ts';
import { messageKind, type Queue } from '../../engines/queue/queue.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import type { ProjectsService } from '../../identity/projects/service.ts';
import type { Logger } from '../../logger.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import { advanceCommand, beginCommand, endCommand, insertCommand, selectCommand, selectCommands, selectCommandsById, type StoredCommand } from './store.ts';

/** Tells a worker to go on with a command. */
export const runCommand = messageKind<{ id: string }>('commands.run', { retries: 10, backoffSeconds: 2, timeoutSeconds: 6 * 3_600 });

/** What the handler of a kind of command is given. */
export interface CommandRun {
  command: StoredCommand;
  /** On whose behalf; rights were checked when the command was made. */
  caller: Caller;
  /** Where the last step left off; null at first. */
  state: Record<string, unknown> | null;
  signal: AbortSignal;
  /** Records a finished step, in the transaction of the step itself where one is given. Throws CommandCancelled when somebody stopped it. */
  advance(step: { done: number; total: number | null; message?: string; state?: Record<string, unknown> }, tx?: Tx): Promise<void>;
}

/** Does the work in bounded steps; run again after a crash, it goes on from `state`. Gives the result. */
export type CommandHandler = (run: CommandRun) => Promise<Record<string, unknown>>;

/** Lets go of what a command was to work on, once it failed for good or was cancelled, begun or not; may be called twice. */
export type GivenUp = (command: StoredCommand) => Promise<void>;

export class CommandCancelled extends Error {
  override name = 'CommandCancelled';
}

export type CommandsService = ReturnType<typeof commandsService>;

/** Long work: made in the transaction that asks for it, run by workers, watched by people. */
export function commandsService({ db, queue, projects, logger }: { db: Database; queue: Queue; projects: ProjectsService; logger: Logger }) {
  const handlers = new Map<string, CommandHandler>();
  const releases = new Map<string, GivenUp>();

  async function need(caller: Caller, id: string, role: 'annotator' | 'developer', scope: Scope): Promise<StoredCommand> {
    const found = await selectCommand(db, id);
    if (!found) throw notFound('command', id);
    await authorize(db, caller, found.projectId, { role, scope, as: { kind: 'command', id } });
    return found;
  }

  return {
    /** Each kind has one handler; a second one is a fault of the program. */
    handle(kind: string, handler: CommandHandler, givenUp?: GivenUp): void {
      if (handlers.has(kind)) throw new Error(`The command "${kind}" has two handlers.`);
      handlers.set(kind, handler);
      if (givenUp) releases.set(kind, givenUp);
    },

    /** Asks for long work; the caller's rights were checked by the room that asks. */
    async start(tx: Tx, caller: Caller, work: { kind: string; projectId: string; subjectId?: string; input: Record<string, unknown> }, whenMade?: WhenMade<Command>): Promise<Command> {
      if (!handlers.has(work.kind)) throw new Error(`The command "${work.kind}" has no handler.`);
      const id = newId();
      const { scopes, ...rest } = caller;
      await insertCommand(tx, { ...work, id, orgId: caller.orgId, subjectId: work.subjectId ?? null, createdBy: caller.email, caller: { ...rest, scopes: [...scopes] } });
      await queue.send(tx, runCommand, { id });
      const stored = await selectCommand(tx, id);
      if (!stored) throw new Error('The command that was just stored is not there.');
      const made = plain(stored);
      await whenMade?.(tx, made);
      return made;
    },

    /** Asks for long work in a project by somebody who may change things there: for what a door does over several rooms. */
    async ask(caller: Caller, work: { kind: string; projectId: string; subjectId?: string; input: Record<string, unknown> }): Promise<Command> {
      await authorize(db, caller, work.projectId, { role: 'developer', scope: 'write' });
      return db.tx((tx) => this.start(tx, caller, work));
    },

    async list(caller: Caller, query: Parsed<typeof commands.list>['query']): Promise<Page<Command>> {
      const project = await projects.get(caller, query.project);
      const mark = listMark('commands', [project.id, query.kind, query.status]);
      const before = readCursor(query.cursor, mark, 1)?.[0]?.toString();
      const rows = await selectCommands(db, { projectId: project.id, kind: query.kind, status: query.status, limit: query.limit, before });
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.id], map: (row) => row });
    },

    async get(caller: Caller, id: string, waitSeconds = 0): Promise<Command> {
      const deadline = Date.now() + waitSeconds * 1_000;
      for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 1.5, 500)) {
        const found = await need(caller, id, 'annotator', 'read');
        if (found.endedAt !== null || Date.now() >= deadline) return plain(found);
        await new Promise((resolve) => setTimeout(resolve, Math.min(pauseMs, deadline - Date.now())));
      }
    },

    /** The state of commands that belong to things whose rights were checked. */
    ofIds: (ids: readonly string[]): Promise<Command[]> => selectCommandsById(db, ids),

    async cancel(caller: Caller, id: string, whenMade?: WhenMade<Command>): Promise<Command> {
      const found = await need(caller, id, 'developer', 'write');
      return db.tx(keeping(whenMade, async (tx) => {
        if (!(await endCommand(tx, id, { status: 'cancelled' }))) throw new Fault('illegal_state', `The command is ${found.status}; only queued and running ones can be cancelled.`);
        await emit(tx, event(found, 'command.cancelled'));
        return plain((await selectCommand(tx, id)) ?? found);
      }));
    },

    /** Begins to run commands. */
    async work(): Promise<void> {
      await queue.work(
        runCommand,
        async (message) => {
          const command = await selectCommand(db, message.data.id);
          if (!command) return;
          if (await beginCommand(db, command.id)) await run(command, message.signal, message.attempt);
          // Cancelled before it began, or its worker died before it could let go.
          else if (command.status !== 'complete') await releases.get(command.kind)?.(command);
        },
        { concurrency: 2 },
      );
    },
  };

  async function run(command: StoredCommand, signal: AbortSignal, attempt: number): Promise<void> {
    const handler = handlers.get(command.kind);
    if (!handler) throw new Error(`No handler for the command "${command.kind}".`);
    const { caller } = await db.one<{ caller: Omit<Caller, 'scopes'> & { scopes: Scope[] } }>(sql`select caller from commands where id = ${command.id}`);
    try {
      const result = await handler({
        command,
        caller: { ...caller, scopes: new Set(caller.scopes) },
        state: command.state,
        signal,
        async advance(step, tx) {
          if (signal.aborted) throw new Error('The worker stops.');
          if (!(await advanceCommand(tx ?? db, command.id, step))) throw new CommandCancelled();
        },
      });
      await finish(command, { status: 'complete', result });
    } catch (error) {
      if (error instanceof CommandCancelled) return releases.get(command.kind)?.(command);
      // Faults of the request end it; anything else may pass, and is tried again where it left off.
      if (error instanceof Fault || attempt >= (runCommand.retries ?? 0)) {
        // Before it is told: who hears that it failed finds nothing left of it.
        await releases.get(command.kind)?.(command);
        await finish(command, { status: 'failed', message: error instanceof Fault ? error.message : 'Something went wrong on the server.' });
        if (!(error instanceof Fault)) logger.error({ command: command.id, kind: command.kind, error: String(error) }, 'a command failed');
        return;
      }
      throw error;
    }
  }

  async function finish(command: StoredCommand, end: { status: 'complete' | 'failed'; message?: string; result?: unknown }): Promise<void> {
    await db.tx(async (tx) => {
      if (await endCommand(tx, command.id, end)) await emit(tx, event(command, `command.${end.status === 'complete' ? 'completed' : 'failed'}`));
    });
  }
}

function plain({ orgId: _orgId, input: _input, state: _state, ...command }: StoredCommand): Command {
  return command;
}

function event(command: StoredCommand, type: string) {
  return {
    type,
    orgId: command.orgId,
    projectId: command.projectId,
    subject: { kind: 'command', id: command.id },
    actor: command.createdBy,
    data: { kind: command.kind, subjectId: command.subjectId },
  };
}
