import type { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import type { Command, DatasetImport, imports, Parsed, PartedUpload } from '@fovea/contract';
import { formatNamed } from '@fovea/formats';
import { recordBlobs } from '../../catalog/blobs/store.ts';
import type { CommandsService } from '../../catalog/commands/service.ts';
import { authorizeDataset } from '../../catalog/datasets/access.ts';
import { blobFault } from '../../catalog/items/service.ts';
import type { TransfersService } from '../../catalog/transfers/service.ts';
import type { StoredBlob } from '../../engines/blobs/blobs.ts';
import type { WhenMade } from '../../engines/database/database.ts';
import { Fault, notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import { needScope, type Caller } from '../../identity/caller.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import { incomplete, stateOf, withoutNotes } from '../exports/service.ts';
import { runImport, type ImportDeps } from './background.ts';
import { insertImport, releaseImports, selectImport, selectImportOfUpload, selectImports, type StoredImport } from './store.ts';

export type ImportsService = ReturnType<typeof importsService>;

type ImportRequest = StoredImport['request'];

/** The kind of command. */
const kind = 'datasets.import';
const keptDays = 30;

/** Imports: labels, and the media that come with them, out of archives in label formats. */
export function importsService(deps: ImportDeps & { commands: CommandsService; transfers: TransfersService; limits: { maxUploadBytes: number } }) {
  const { db, blobs, commands, datasets, transfers } = deps;

  async function need(caller: Caller, id: string): Promise<StoredImport> {
    const found = await selectImport(db, id);
    if (!found) throw notFound('import', id);
    await authorize(db, caller, found.projectId, { role: 'developer', scope: 'read', as: { kind: 'import', id } });
    return found;
  }

  commands.handle(kind, async (run) => {
    const row = await selectImport(db, run.command.id);
    if (!row) throw new Error(`The import ${run.command.id} is not there.`);
    const { report, ...outcome } = await runImport(deps, run, { row, dataset: await datasets.get(run.caller, row.datasetId) });
    const { labels: _labels, ...counts } = outcome;
    return { import: row.id, ...counts, kept: report.kept, approximated: report.approximated, dropped: report.dropped };
  });

  /** Checks an import before its bytes are read. */
  async function check(caller: Caller, datasetId: string, request: ImportRequest, where = 'query'): Promise<void> {
    await authorizeDataset(db, caller, datasetId, { role: request.createLabels ? 'manager' : 'developer', scope: 'write' });
    needScope(caller, 'label');
    if (request.format !== 'auto' && !formatNamed(request.format)?.read) {
      throw new Fault('invalid_request', `The format "${request.format}" is written only; it cannot be imported.`, { errors: [{ path: `${where}.format`, message: 'is written only' }] });
    }
  }

  /** Asks for the import of bytes that are stored. */
  async function start(caller: Caller, datasetId: string, made: { request: ImportRequest; name: string | undefined; blob: StoredBlob; uploadId?: string }, whenMade?: WhenMade<DatasetImport>): Promise<DatasetImport> {
    const { request, name, blob, uploadId } = made;
    const { projectId } = await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'write' });
    return db.tx(async (tx) => {
      await recordBlobs(tx, [blob]);
      const command = await commands.start(tx, caller, { kind, projectId, subjectId: datasetId, input: request });
      await insertImport(tx, { id: command.id, orgId: caller.orgId, projectId, datasetId, request, fileName: fileNameOf(name), blob, uploadId, createdBy: caller.email });
      const row = await selectImport(tx, command.id);
      if (!row) throw new Error('The import that was just stored is not there.');
      const started = present(row, command);
      await whenMade?.(tx, started);
      return started;
    });
  }

  return {
    authorize: (caller: Caller, datasetId: string, request: Parsed<typeof imports.create>['query']): Promise<void> => check(caller, datasetId, request),

    /** Stores the archive and asks for its import; {@link authorize} was called before. */
    async create(caller: Caller, datasetId: string, request: Parsed<typeof imports.create>['query'], source: AsyncIterable<Uint8Array>): Promise<DatasetImport> {
      await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'write' });
      const blob = await blobs.put(source, { maxBytes: deps.limits.maxUploadBytes }).catch(blobFault);
      if (blob.size === 0) throw new Fault('invalid_request', 'The body is empty; it must be an archive or a file of labels.', { errors: [{ path: 'body', message: 'is empty' }] });
      const { name, ...rest } = request;
      return start(caller, datasetId, { request: rest, name, blob });
    },

    /** Begins the upload of a large archive in parts. */
    async begin(caller: Caller, datasetId: string, { name, sizeBytes, fingerprint, sha256, via, ...request }: Parsed<typeof imports.begin>['body']): Promise<PartedUpload> {
      await check(caller, datasetId, request, 'body');
      return transfers.beginFor(caller, datasetId, { becomes: 'import', name, sizeBytes, fingerprint, sha256, via, request });
    },

    /** Imports an upload whose parts are all there; answers the import that is under way with it where there is one. */
    async finish(caller: Caller, datasetId: string, uploadId: string, sha256: string | undefined, whenMade?: WhenMade<DatasetImport>): Promise<DatasetImport> {
      const { name, request: asked } = await transfers.wanted(caller, datasetId, uploadId, 'import');
      const request = asked as ImportRequest;
      await check(caller, datasetId, request);
      const blob = await transfers.blobOf(caller, datasetId, uploadId, sha256);
      const last = await selectImportOfUpload(db, uploadId);
      const [command] = last ? await commands.ofIds([last.id]) : [];
      if (last && command?.endedAt === null && isDeepStrictEqual(last.request, request)) return present(last, command);
      return start(caller, datasetId, { request, name, blob, uploadId }, whenMade);
    },

    async list(caller: Caller, datasetId: string, query: Parsed<typeof imports.list>['query']): Promise<Page<DatasetImport>> {
      await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'read' });
      const mark = listMark('imports', datasetId);
      const rows = await selectImports(db, datasetId, { limit: query.limit, before: readCursor(query.cursor, mark, 1)?.[0]?.toString() });
      const states = new Map((await commands.ofIds(rows.map(({ id }) => id))).map((command) => [command.id, command]));
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.id], map: (row) => present(withoutNotes(row), stateOf(states, row.id)) });
    },

    async get(caller: Caller, id: string, waitSeconds = 0): Promise<DatasetImport> {
      await need(caller, id);
      const command = await commands.get(caller, id, waitSeconds);
      return present(await need(caller, id), command);
    },

    /** Lets go of uploaded files that are long done with. */
    sweep: (): Promise<void> => releaseImports(db, keptDays),

    /** Everything that the report of a complete import speaks of, a line of JSON each. */
    async losses(caller: Caller, id: string): Promise<Readable> {
      const row = await need(caller, id);
      if (row.losses === null) throw incomplete('import', await commands.get(caller, id));
      return blobs.get(row.losses);
    },
  };
}

/** The name of the uploaded file without folders: what a single file is, its ending tells. */
function fileNameOf(name: string | undefined): string {
  return (name ?? '').split(/[\\/]/).at(-1)?.trim() || 'upload';
}

function present({ losses: _losses, ...shown }: StoredImport, command: Command): DatasetImport {
  const { status, progress, done, total, message, endedAt } = command;
  return { ...shown, status, progress, done, total, message: status === 'complete' ? null : message, endedAt };
}
