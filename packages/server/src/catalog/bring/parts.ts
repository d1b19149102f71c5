import { isDeepStrictEqual } from 'node:util';
import type { Command, Parsed, PartedUpload, transfers as operations } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { Tx } from '../../engines/database/database.ts';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { recordBlobs } from '../blobs/store.ts';
import { otherDigest } from '../transfers/service.ts';
import type { ArchiveInput } from './archive.ts';
import type { BringDeps } from './service.ts';

/** The command that unpacks an upload: as it stands, and what it was asked for; without the digest when it is done with the bytes. */
type Unpacking = { command: Command; asked: Omit<ArchiveInput, 'datasetId' | 'size' | 'sha256'>; sha256: string | undefined };

/** Nothing for what is not there; every other error goes on. */
function onlyMissing(error: unknown): undefined {
  if (error instanceof Fault && error.code === 'not_found') return undefined;
  throw error;
}

/** Archives that come in parts: what has arrived is not sent again, and what is under way is found. */
export function archiveParts({ db, commands, items, transfers }: BringDeps, kind: string) {
  async function unpacking(tx: Tx, commandId: string): Promise<Unpacking | undefined> {
    const [command] = await commands.ofIds([commandId]);
    const row = await tx.maybe<{ input: ArchiveInput }>(sql`select input from commands where id = ${commandId}`);
    if (!command || !row) return undefined;
    const { datasetId: _dataset, size: _size, sha256, ...asked } = row.input;
    return { command, asked, sha256 };
  }

  return {
    async begin(caller: Caller, datasetId: string, { sizeBytes, fingerprint, sha256, via, ...request }: Parsed<typeof operations.beginArchive>['body']): Promise<PartedUpload> {
      // Names of archives may say who a patient is: all have the same.
      return transfers.beginFor(caller, datasetId, { becomes: 'archive', name: 'archive', sizeBytes, fingerprint, sha256, via, request });
    },

    /** Has an upload unpacked whose parts are all there; answers the command that does it already where there is one. */
    async finish(caller: Caller, datasetId: string, uploadId: string, sha256: string | undefined): Promise<Command> {
      const { commandId } = await transfers.wanted(caller, datasetId, uploadId, 'archive');
      if (commandId === null) {
        await transfers.blobOf(caller, datasetId, uploadId, sha256).catch(async (error: unknown) => {
          // Who finished it at the same time has its bytes by now; what has no bytes at all is gone altogether.
          const now = await transfers.wanted(caller, datasetId, uploadId, 'archive').catch(onlyMissing);
          if (!now?.commandId) throw error;
        });
      }
      const { projectId } = await items.authorizeUpload(caller, datasetId);
      const outcome = await db.tx(async (tx): Promise<Command | Fault> => {
        const upload = await transfers.take(tx, uploadId);
        const known = upload.commandId === null ? undefined : await unpacking(tx, upload.commandId);
        const isSame = known !== undefined && isDeepStrictEqual(known.asked, upload.request);
        if (known && sha256 !== undefined && known.sha256 !== undefined && known.sha256 !== sha256) return otherDigest(known.sha256, sha256);
        if (known && isSame && (known.command.endedAt === null || known.command.status === 'complete')) return known.command;
        const digest = upload.sha256 ?? (known?.command.endedAt === null ? known.sha256 : undefined);
        if (digest === undefined) return new Fault('gone', 'What had arrived of this upload was removed; begin it again.');
        await recordBlobs(tx, [{ sha256: digest, size: upload.size }]);
        const command = await commands.start(tx, caller, { kind, projectId, subjectId: datasetId, input: { datasetId, sha256: digest, size: upload.size, ...upload.request } });
        await transfers.taken(tx, uploadId, command.id);
        return command;
      });
      if (!(outcome instanceof Fault)) return outcome;
      await transfers.forget(uploadId);
      throw outcome;
    },
  };
}
