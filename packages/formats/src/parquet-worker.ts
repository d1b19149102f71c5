import { parentPort } from 'node:worker_threads';
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';

/** What the thread is told: a file to open, rows to read, bytes that it asked for. */
export type ToParquet =
  | { kind: 'open'; byteLength: number }
  | { kind: 'rows'; from: number; to: number }
  | { kind: 'bytes'; number: number; bytes: ArrayBuffer }
  | { kind: 'fault'; number: number; message: string };

/** What it answers: what the file holds, its rows, bytes that it needs, or why it cannot be read. */
export type FromParquet =
  | { kind: 'opened'; groups: number[]; labels: string | undefined }
  | { kind: 'read'; rows: Record<string, unknown>[] }
  | { kind: 'slice'; number: number; from: number; to: number }
  | { kind: 'failed'; message: string };

const waiting = new Map<number, { resolve(bytes: ArrayBuffer): void; reject(error: Error): void }>();
let asked = 0;
let open: { file: AsyncBuffer; metadata: FileMetaData } | undefined;

const say = (answer: FromParquet) => parentPort?.postMessage(answer);

function bufferOf(byteLength: number): AsyncBuffer {
  return {
    byteLength,
    slice: (from, to = byteLength) =>
      new Promise((resolve, reject) => {
        asked += 1;
        waiting.set(asked, { resolve, reject });
        say({ kind: 'slice', number: asked, from, to });
      }),
  };
}

async function work(request: Extract<ToParquet, { kind: 'open' | 'rows' }>): Promise<FromParquet> {
  if (request.kind === 'open') {
    const file = bufferOf(request.byteLength);
    const metadata = await parquetMetadataAsync(file);
    open = { file, metadata };
    const labels = metadata.key_value_metadata?.find(({ key }) => key === 'fovea.labels')?.value;
    return { kind: 'opened', groups: metadata.row_groups.map((group) => Number(group.num_rows)), labels };
  }
  if (!open) throw new Error('no file is open');
  return { kind: 'read', rows: await parquetReadObjects({ ...open, rowStart: request.from, rowEnd: request.to }) };
}

parentPort?.on('message', (request: ToParquet) => {
  if (request.kind === 'bytes' || request.kind === 'fault') {
    const one = waiting.get(request.number);
    waiting.delete(request.number);
    if (request.kind === 'bytes') one?.resolve(request.bytes);
    else one?.reject(new Error(request.message));
    return;
  }
  // The library throws errors of many kinds on broken files.
  work(request).then(say, (error: unknown) =>
    say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
  );
});
