import { parentPort } from 'node:worker_threads';
import { runCodec } from './codec-modules.ts';
import type { CodecFrame, CodecName } from './codec-modules.ts';
import { DicomError } from './error.ts';

/** A frame to decode, sent to a worker thread. */
export interface CodecRequest {
  readonly name: CodecName;
  readonly encoded: Uint8Array;
  readonly expected: { readonly rows: number; readonly columns: number };
}

export type CodecReply = { readonly frame: CodecFrame } | { readonly problem: string; readonly isOfFile: boolean };

parentPort?.on('message', ({ name, encoded, expected }: CodecRequest) => {
  runCodec(name, encoded, expected).then(
    (frame) => parentPort?.postMessage({ frame } satisfies CodecReply, [frame.bytes.buffer as ArrayBuffer]),
    (error: unknown) => {
      const problem = error instanceof Error ? error.message : String(error);
      parentPort?.postMessage({ problem, isOfFile: error instanceof DicomError } satisfies CodecReply, []);
    },
  );
});
