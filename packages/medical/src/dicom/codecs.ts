import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { CodecFrame, CodecName } from './codec-modules.ts';
import type { CodecReply, CodecRequest } from './codec-worker.ts';
import { DicomError } from './error.ts';

/**
 * Damaged streams can keep a codec busy for minutes (seen with JPEG-LS). A frame gets this long, and a microsecond more
 * for each pixel: about a hundred times what sound ones take. Then its thread is ended.
 */
const patienceMs = 5000;

/** Threads beyond these wait; decoding takes all of a core. */
const maxWorkers = Math.min(4, availableParallelism());

interface Job {
  readonly request: CodecRequest;
  readonly resolve: (frame: CodecFrame) => void;
  readonly reject: (error: Error) => void;
}

const idle: Worker[] = [];
const waiting: Job[] = [];
let running = 0;

/**
 * Decodes one frame in a worker thread. `expected` are the rows and columns of the header: a stream of another size is
 * refused.
 * @throws DicomError when the stream is damaged, of another size, or takes too long
 */
export function decodeWithCodec(name: CodecName, encoded: Uint8Array, expected: { rows: number; columns: number }): Promise<CodecFrame> {
  const { rows, columns } = expected;
  // A copy of its own: a view would carry the whole file over to the worker.
  const request: CodecRequest = { name, encoded: encoded.slice(), expected: { rows, columns } };
  return new Promise((resolve, reject) => {
    waiting.push({ request, resolve, reject });
    startNext();
  });
}

/** JavaScript where the package is installed, the source in the repository. */
const workerFile = new URL(`./codec-worker${extname(import.meta.url)}`, import.meta.url);

function startNext(): void {
  if (running >= maxWorkers) return;
  const job = waiting.shift();
  if (job === undefined) return;
  running += 1;
  run(idle.pop() ?? new Worker(workerFile), job);
}

/** Idle threads do not keep the process alive; working ones do. */
function run(worker: Worker, { request, resolve, reject }: Job): void {
  const { name, expected } = request;
  const finish = (isReusable: boolean): void => {
    clearTimeout(timer);
    worker.off('message', onMessage).off('error', onError);
    running -= 1;
    if (isReusable) {
      worker.unref();
      idle.push(worker);
    } else {
      void worker.terminate();
    }
    startNext();
  };
  const onMessage = (reply: CodecReply): void => {
    finish(true);
    if ('frame' in reply) resolve(reply.frame);
    else reject(reply.isOfFile ? new DicomError(reply.problem) : new Error(reply.problem));
  };
  const onError = (error: unknown): void => {
    finish(false);
    reject(new DicomError(`the ${name} data stopped the decoder: ${error instanceof Error ? error.message : String(error)}`, { cause: error }));
  };
  const timer = setTimeout(() => {
    finish(false);
    reject(new DicomError(`the ${name} data take too long to decode: damaged`));
  }, patienceMs + (expected.rows * expected.columns) / 1000);
  worker.on('message', onMessage).on('error', onError);
  worker.ref();
  worker.postMessage(request, [request.encoded.buffer as ArrayBuffer]);
}
