import type { Readable } from 'node:stream';
import type { Command, DatasetExport, exports } from '@fovea/contract';
import type { Parsed } from '@fovea/contract';
import type { CommandsService } from '../../catalog/commands/service.ts';
import { authorizeDataset } from '../../catalog/datasets/access.ts';
import { itemEntity } from '../../catalog/items/entity.ts';
import { compileFilter } from '../../catalog/query/compile.ts';
import { rowAlias } from '../../catalog/query/page.ts';
import type { ByteRange } from '../../engines/blobs/blobs.ts';
import type { WhenMade } from '../../engines/database/database.ts';
import { Fault, notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import type { DatasetsService } from '../../catalog/datasets/service.ts';
import { annotationEntity } from '../annotations/entity.ts';
import { runExport, type ExportDeps } from './background.ts';
import { insertExport, releaseExports, selectExport, selectExports, type StoredExport } from './store.ts';

export type ExportsService = ReturnType<typeof exportsService>;

export interface ExportServiceDeps extends ExportDeps {
  commands: CommandsService;
  datasets: DatasetsService;
  /** A link that opens the archive of an export for whoever has it. */
  signLink(exportId: string, expiresMs: number): string;
}

/** The kind of command. */
const kind = 'datasets.export';
const linkMs = 7 * 86_400_000;

/** Exports: archives of datasets in label formats. */
export function exportsService(deps: ExportServiceDeps) {
  const { db, blobs, commands, datasets } = deps;

  async function need(caller: Caller, id: string): Promise<StoredExport> {
    const found = await selectExport(db, id);
    if (!found) throw notFound('export', id);
    await authorize(db, caller, found.projectId, { role: 'developer', scope: 'read', as: { kind: 'export', id } });
    return found;
  }

  /** The id of the version that is asked for: `latest` may be another one by the time it is read. */
  async function versionOf(caller: Caller, datasetId: string, request: Parsed<typeof exports.create>['body']): Promise<string> {
    for (const field of ['filter', 'annotations'] as const) {
      if (Object.keys(request[field]).length > 0) throw new Fault('invalid_request', `A version is exported whole: "${field}" cannot be combined with "version".`, { errors: [{ path: `body.${field}`, message: 'must be left out with a version' }] });
    }
    return (await deps.versions.get(caller, datasetId, request.version ?? '')).id;
  }

  function present(row: StoredExport, command: Command, now = Date.now()): DatasetExport {
    const { losses: _losses, ...shown } = row;
    const { status, progress, done, total, message, endedAt } = command;
    const linkEnds = Math.min(now + linkMs, Date.parse(row.expiresAt ?? '') || 0);
    const isOpen = status === 'complete' && linkEnds > now;
    return {
      ...shown,
      status,
      progress,
      done,
      total,
      message: status === 'complete' ? null : message,
      endedAt,
      url: isOpen ? deps.signLink(row.id, linkEnds) : null,
      urlExpiresAt: isOpen ? new Date(linkEnds).toISOString() : null,
    };
  }

  commands.handle(kind, async (run) => {
    const row = await selectExport(db, run.command.id);
    if (!row) throw new Error(`The export ${run.command.id} is not there.`);
    // Without the digest: what names it keeps the archive.
    const { report, sha256: _sha256, ...made } = await runExport(deps, run, { row, dataset: await datasets.get(run.caller, row.datasetId) });
    const link = deps.signLink(row.id, Date.now() + linkMs);
    return { ...made, export: row.id, url: link, kept: report?.kept ?? 0, approximated: report?.approximated ?? 0, dropped: report?.dropped ?? 0 };
  });

  return {
    async create(caller: Caller, datasetId: string, request: Parsed<typeof exports.create>['body'], whenMade?: WhenMade<DatasetExport>): Promise<DatasetExport> {
      const dataset = await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'read' });
      // Compiled now, so that a filter that is wrong is told at once and not by a failed command.
      compileFilter(itemEntity, request.filter, rowAlias);
      compileFilter(annotationEntity, request.annotations, rowAlias);
      const pinned = request.version === undefined ? request : { ...request, version: await versionOf(caller, datasetId, request) };
      return db.tx(async (tx) => {
        const command = await commands.start(tx, caller, { kind, projectId: dataset.projectId, subjectId: datasetId, input: { format: request.format } });
        await insertExport(tx, { id: command.id, orgId: caller.orgId, projectId: dataset.projectId, datasetId, request: pinned, createdBy: caller.email });
        const row = await selectExport(tx, command.id);
        if (!row) throw new Error('The export that was just stored is not there.');
        const made = present(row, command);
        await whenMade?.(tx, made);
        return made;
      });
    },

    async list(caller: Caller, datasetId: string, query: Parsed<typeof exports.list>['query']): Promise<Page<DatasetExport>> {
      await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'read' });
      const mark = listMark('exports', datasetId);
      const rows = await selectExports(db, datasetId, { limit: query.limit, before: readCursor(query.cursor, mark, 1)?.[0]?.toString() });
      const states = new Map((await commands.ofIds(rows.map(({ id }) => id))).map((command) => [command.id, command]));
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.id], map: (row) => present(withoutNotes(row), stateOf(states, row.id)) });
    },

    async get(caller: Caller, id: string, waitSeconds = 0): Promise<DatasetExport> {
      await need(caller, id);
      const command = await commands.get(caller, id, waitSeconds);
      return present(await need(caller, id), command);
    },

    /** The archive of a complete export. */
    open: async (caller: Caller, id: string) => archive(await need(caller, id)),

    /** The same for whoever has the signed link, which was checked already. */
    openSigned: async (id: string) => {
      const row = await selectExport(db, id);
      if (!row) throw notFound('export', id);
      return archive(row);
    },

    /** Lets go of archives that have expired. */
    sweep: (): Promise<void> => releaseExports(db),

    /** Every loss of a complete export, a line of JSON each. */
    async losses(caller: Caller, id: string): Promise<Readable> {
      const row = await need(caller, id);
      if (row.losses === null) throw incomplete('export', await commands.get(caller, id));
      return blobs.get(row.losses);
    },
  };

  async function archive(row: StoredExport): Promise<{ sha256: string; size: number; filename: string; read(range?: ByteRange): Promise<Readable> }> {
    const { sha256, sizeBytes, fileName } = row;
    if (row.expiresAt !== null && Date.parse(row.expiresAt) <= Date.now()) throw new Fault('gone', 'The archive of this export has expired; export again.');
    if (sha256 === null || sizeBytes === null || fileName === null) {
      const [command] = await commands.ofIds([row.id]);
      throw incomplete('export', command);
    }
    return { sha256, size: sizeBytes, filename: fileName, read: (range) => blobs.get(sha256, range) };
  }
}

/** The fault for what exists only once the work is complete. */
export function incomplete(kind: 'export' | 'import', command: Pick<Command, 'status'> | undefined): Fault {
  return new Fault('illegal_state', `The ${kind} is ${command?.status ?? 'not there'}; this exists once it is complete.`);
}

/** The state of a thing whose command has its id. */
export function stateOf(states: ReadonlyMap<string, Command>, id: string): Command {
  const found = states.get(id);
  if (!found) throw new Error(`The command ${id} is not there.`);
  return found;
}

/** A row whose report names no single things: lists stay small. */
export function withoutNotes<T extends Pick<StoredExport, 'report'>>(row: T): T {
  return row.report === null ? row : { ...row, report: { ...row.report, notes: [], omittedNotes: row.report.notes.length + row.report.omittedNotes } };
}
