import { items, transfers, type Command, type DeidentifyOptions } from '@fovea/contract';
import { platform } from '#platform';
import type { CallOptions, Client, QueryInput, Upload } from '../client.ts';
import { completionTimeoutMs, isSliced, largeBytes, largeCall, sendLarge, type SendProgress, type SlicedSource } from './large.ts';
import { openSource, type UploadSource } from './source.ts';

/** How the files of an archive become items. */
export type ArchiveWishes = QueryInput<typeof items.importArchive>;

/** Options of `items.importArchive`. */
export interface ArchiveOptions extends Pick<CallOptions, 'signal' | 'timeoutMs' | 'maxRetries'> {
  /** Told how much of the archive has been sent. */
  onSent?: ((progress: SendProgress) => void) | undefined;
  /** What a large archive is known again by after a break, e.g. its digest. Default: size and time of the file. */
  fingerprint?: string | undefined;
}

/** Sends an archive whose files become items: a large one in parts. */
export async function sendArchive(client: Client, dataset: string, source: UploadSource, query: ArchiveWishes, options: ArchiveOptions): Promise<Command> {
  const { onSent, fingerprint, ...call } = options;
  const opened = await openSource(source);
  if (isSliced(opened) && opened.sizeBytes >= largeBytes) return sendParts(client, dataset, opened, query, { ...options, fingerprint: fingerprint ?? opened.fingerprint });
  const totalBytes = opened.sizeBytes;
  const body: Upload = { open: (sent) => platform.body(opened, sent), replayable: opened.replayable, onSent: (sentBytes) => onSent?.({ sentBytes, totalBytes, resumedBytes: 0 }) };
  return client.run(items.importArchive, { ...call, params: { dataset }, query, body });
}

function sendParts(client: Client, dataset: string, source: SlicedSource, query: ArchiveWishes, options: ArchiveOptions): Promise<Command> {
  const { labels, deidentify, ...rest } = query;
  const { sizeBytes } = source;
  const call = largeCall(client, { timeoutMs: undefined, maxRetries: undefined, ...options });
  const split = labels?.split(',').map((label) => label.trim()).filter((label) => label !== '');
  const body = { ...rest, sizeBytes, fingerprint: options.fingerprint, labels: split, deidentify: optionsOf(deidentify) };
  return sendLarge(client, dataset, source, {
    begin: (via) => client.run(transfers.beginArchive, { params: { dataset }, body: { ...body, via }, ...call }),
    complete: (upload, sha256) => client.run(transfers.finishArchive, { params: { dataset, upload }, body: { sha256 }, ...call, timeoutMs: completionTimeoutMs(call, sizeBytes) }),
    call,
    onSent: options.onSent,
  });
}

/** De-identification as it stands in a query, as the options themselves. */
function optionsOf(deidentify: string | undefined): DeidentifyOptions | undefined {
  if (deidentify === undefined || deidentify === 'false') return undefined;
  if (deidentify === 'true') return {};
  try {
    return JSON.parse(deidentify) as DeidentifyOptions;
  } catch (cause) {
    throw new TypeError('deidentify must be true, false, or the options as a JSON object.', { cause });
  }
}
