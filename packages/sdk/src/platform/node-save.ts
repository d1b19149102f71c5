import { createHash, type Hash } from 'node:crypto';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Deadline } from '../deadline.ts';
import { ConnectionError, IntegrityError } from '../errors.ts';
import { pause, waitBeforeRetryMs } from '../transport.ts';
import type { Saved, SaveRequest } from './platform.ts';

/**
 * Downloads into `TO.DIGEST.part` and renames that to `to` when the digest is right. What an earlier download left there is kept and the
 * rest fetched; the digest in the name makes sure that it is of the same content.
 */
export async function saveFile(request: SaveRequest): Promise<Saved> {
  const path = resolve(request.to);
  const part = `${path}.${request.sha256.slice(0, 16)}.part`;
  await mkdir(dirname(path), { recursive: true });
  let resumedBytes = await fill(part, request);
  if (resumedBytes === undefined) {
    // What was left of an earlier download was not what it should be: once more from the start.
    await rm(part, { force: true });
    resumedBytes = await fill(part, request);
  }
  if (resumedBytes === undefined) {
    await rm(part, { force: true });
    throw new IntegrityError(`What was downloaded for "${request.to}" has not the digest ${request.sha256}.`);
  }
  await rename(part, path);
  return { path, sizeBytes: request.sizeBytes, sha256: request.sha256, resumedBytes };
}

/** Fetches what is missing. The number of bytes that were there already, or undefined when the whole has another digest. */
async function fill(part: string, request: SaveRequest): Promise<number | undefined> {
  const file = await open(part, 'a+').then(async (created) => {
    await created.close();
    return open(part, 'r+');
  });
  try {
    const target = new Target(file, request);
    const resumedBytes = await target.takeUp();
    let failures = 0;
    while (target.receivedBytes < request.sizeBytes) {
      const before = target.receivedBytes;
      try {
        await target.receive();
      } catch (error) {
        failures = target.receivedBytes > before ? 1 : failures + 1;
        const waitMs = error instanceof ConnectionError && failures <= request.maxRetries ? waitBeforeRetryMs(error, failures - 1) : undefined;
        if (waitMs === undefined) throw error;
        await pause(waitMs, request.signal);
      }
    }
    return target.digest() === request.sha256 ? resumedBytes : undefined;
  } finally {
    await file.close();
  }
}

/** The file while it fills, with the digest of what is in it. */
class Target {
  receivedBytes = 0;
  private hash: Hash = createHash('sha256');
  private readonly file: FileHandle;
  private readonly request: SaveRequest;

  constructor(file: FileHandle, request: SaveRequest) {
    this.file = file;
    this.request = request;
  }

  /** Hashes what is there; drops it when it is too much. */
  async takeUp(): Promise<number> {
    const { size } = await this.file.stat();
    if (size > this.request.sizeBytes) {
      await this.startOver();
      return 0;
    }
    const buffer = Buffer.allocUnsafe(Math.min(1024 * 1024, size));
    while (this.receivedBytes < size) {
      const { bytesRead } = await this.file.read(buffer, 0, buffer.length, this.receivedBytes);
      if (bytesRead === 0) break;
      this.hash.update(buffer.subarray(0, bytesRead));
      this.receivedBytes += bytesRead;
    }
    return this.receivedBytes;
  }

  /** One request for the rest, written as it comes. */
  async receive(): Promise<void> {
    const { signal, timeoutMs, sizeBytes, url, onProgress } = this.request;
    const deadline = new Deadline(timeoutMs, signal);
    try {
      const response = await this.request.fetchFrom(this.receivedBytes, deadline.signal);
      if (this.receivedBytes > 0 && response.status !== 206) await this.startOver();
      const body: ReadableStream<Uint8Array> = response.body ?? new Blob().stream();
      for await (const chunk of body) {
        deadline.extend();
        if (this.receivedBytes + chunk.byteLength > sizeBytes) throw new IntegrityError(`The server sent more than the ${sizeBytes} bytes of the file.`);
        await this.file.write(chunk, 0, chunk.byteLength, this.receivedBytes);
        this.hash.update(chunk);
        this.receivedBytes += chunk.byteLength;
        onProgress?.({ receivedBytes: this.receivedBytes, totalBytes: sizeBytes });
      }
      if (this.receivedBytes < sizeBytes) throw new ConnectionError(`${new URL(url).origin} ended the download before its end.`);
    } catch (error) {
      throw deadline.translate(error, url);
    } finally {
      deadline.end(false);
    }
  }

  digest(): string {
    return this.hash.copy().digest('hex');
  }

  private async startOver(): Promise<void> {
    await this.file.truncate(0);
    this.receivedBytes = 0;
    this.hash = createHash('sha256');
  }
}
